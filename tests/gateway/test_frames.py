"""What goes over the wire."""

import json
from datetime import UTC, datetime

from gateway.frames import Row, notice


def row():
    return Row("beef", 7, "user.1", 'a "name"', '{"x":[1,{"y":"é"}]}', datetime.now(UTC))


def decoded(frame):
    text = frame.text
    assert text.startswith("42")
    return json.loads(text[2:])


def test_an_event_is_name_channel_data_and_position():
    assert decoded(row().frame("")) == ['a "name"', "user.1", {"x": [1, {"y": "é"}]}, "beef-7"]


def test_a_prefix_is_part_of_the_channel():
    assert decoded(row().frame("private-"))[1] == "private-user.1"


def test_a_frame_is_made_once_for_each_prefix():
    shared = row()
    assert shared.frame("") is shared.frame("")
    assert shared.frame("") is not shared.frame("private-")


def test_a_row_out_of_place_says_its_own_place_in_its_data():
    event = decoded(row().frame_out_of_place("", "beef-12"))
    assert event[2] == {"x": [1, {"y": "é"}], "position": "beef-7"}
    assert event[3] == "beef-12"


def test_a_notice_is_name_data_and_position():
    assert decoded(notice("beat", {"lag_ms": 1}, "beef-7")) == ["beat", {"lag_ms": 1}, "beef-7"]
