"""Frames in and out: whole messages from any cutting of the bytes, and every breach of the protocol by its number."""

import gc
import os
import sys
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import websocket
from gateway.websocket import NORMAL, PROTOCOL_ERROR, TOO_BIG, Op, Reader, Violation, frame
from tests.gateway.link import masked, read

MOST = 1024
# What may be held beside a message that is almost whole: a ping that is, too, and its header.
BESIDE = 125 + 6
# A busy machine is not a slow reader.
anything = settings(deadline=None, database=None)

payloads = st.binary(max_size=200) | st.binary(min_size=126, max_size=MOST)
data_messages = st.tuples(st.sampled_from([Op.TEXT, Op.BINARY]), payloads)
control_messages = st.tuples(st.sampled_from([Op.PING, Op.PONG, Op.CLOSE]), st.binary(max_size=125))


def places(most):
    """Where to cut something of `most` bytes."""
    return st.lists(st.integers(0, most), max_size=8).map(sorted)


def cut(data, at):
    bounds = [0, *(place for place in at if place <= len(data)), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


def heard(reader, *chunks):
    return [message for chunk in chunks for message in reader.feed(chunk)]


@st.composite
def conversations(draw):
    """Messages as a client may send them, in parts and with control frames in between; and what is to be heard."""
    sent, expected = b"", []
    for op, payload in draw(st.lists(data_messages, max_size=4)):
        parts = cut(payload, draw(places(len(payload))))
        for index, part in enumerate(parts):
            for between in draw(st.lists(control_messages, max_size=1)):
                sent += masked(*between)
                expected.append(between)
            is_last = index == len(parts) - 1
            sent += masked(
                op if index == 0 else Op.CONTINUATION,
                part,
                is_last=is_last,
                mask=draw(st.binary(min_size=4, max_size=4)),
            )
        expected.append((op, payload))
    return sent, expected


@anything
@given(conversations(), st.data())
def test_it_hears_the_same_messages_however_the_bytes_are_cut(conversation, data):
    sent, expected = conversation
    assert heard(Reader(MOST), sent) == expected
    assert heard(Reader(MOST), *cut(sent, data.draw(places(len(sent))))) == expected
    assert heard(Reader(MOST), *(bytes((each,)) for each in sent)) == expected


@anything
@given(conversations(), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5), st.data())
def test_it_takes_damaged_bytes_for_messages_or_a_violation(conversation, damages, data):
    damaged = bytearray(conversation[0])
    for place, byte in damages:
        if damaged:
            damaged[place % len(damaged)] = byte
    _survives(bytes(damaged), data)


@anything
@given(st.binary(max_size=300), st.data())
def test_it_takes_any_bytes_for_messages_or_a_violation(noise, data):
    _survives(noise, data)


def _survives(sent, data):
    """The same comes of it whole and in pieces, nothing but messages and Violation, and no more is held than may be."""
    outcomes = []
    for chunks in ([sent], cut(sent, data.draw(places(len(sent)))), [bytes((each,)) for each in sent]):
        reader, messages = Reader(MOST), []
        try:
            for chunk in chunks:
                for op, payload in reader.feed(chunk):
                    messages.append((op, payload))
                    assert len(payload) <= MOST
                assert len(reader._rest) + len(reader._fragments) <= MOST + BESIDE
        except Violation as violation:
            messages.append({PROTOCOL_ERROR: "no protocol", TOO_BIG: "too big"}[violation.code])
        outcomes.append(messages)
    assert outcomes[0] == outcomes[1] == outcomes[2]


@anything
@given(st.sampled_from([Op.TEXT, Op.BINARY]), st.binary(max_size=300) | st.sampled_from([b"x" * 65535, b"x" * 65536]))
def test_what_it_writes_can_be_read(op, payload):
    assert read(frame(op, payload)) == [(op, payload)]


@pytest.mark.parametrize("size", [*range(10), 125, 126, 127, 65_535, 65_536])
@pytest.mark.parametrize("mask", [b"\x00\x00\x00\x00", b"\x01\x80\xff\x7f"])
def test_it_unmasks_every_length(size, mask):
    payload = os.urandom(size)
    assert heard(Reader(65_536), masked(Op.BINARY, payload, mask=mask)) == [(Op.BINARY, payload)]


def test_the_steps_for_a_message_do_not_grow_with_it():
    """Trap: stock unmasks byte by byte, in Python; 100 KB held the loop for 33 ms."""
    assert steps(300_000) == steps(100_000) < 100


def steps(size):
    """How many lines of Python it takes to hear a message of so many bytes."""
    sent, lines = masked(Op.BINARY, bytes(size)), []

    def trace(frame, event, _argument):
        lines.append((event, frame.f_lineno))
        return trace

    before = sys.gettrace()
    # What other tests left to the collector would be counted.
    gc.disable()
    sys.settrace(trace)
    try:
        list(Reader(size).feed(sent))
    finally:
        sys.settrace(before)
        gc.enable()
    return sum(1 for event, _ in lines if event == "line")


SIZES = (126, MOST.to_bytes(2), (MOST + 1).to_bytes(2)), (127, MOST.to_bytes(8), (1 << 30).to_bytes(8))


@pytest.mark.parametrize(("code", "largest", "too_large"), SIZES)
def test_it_refuses_a_size_from_the_header(code, largest, too_large):
    """Neither the mask nor one byte of the body has come."""
    for op in (Op.TEXT, Op.BINARY):
        assert heard(Reader(MOST), bytes((0x80 | op, 0x80 | code)) + largest) == []
        assert violation_of(bytes((0x80 | op, 0x80 | code)) + too_large) == TOO_BIG


def test_it_refuses_a_size_from_the_header_of_a_part():
    first = masked(Op.TEXT, b"x" * (MOST - 200), is_last=False)
    fits, too_large = bytes((0x80, 0x80 | 126, 0, 200)), bytes((0x80, 0x80 | 126, 0, 201))
    assert heard(Reader(MOST), first + fits) == []
    assert violation_of(first + too_large) == TOO_BIG


def test_it_refuses_a_message_in_too_many_parts():
    """They may be empty: what costs is the frame."""
    parts = masked(Op.TEXT, b"", is_last=False) + masked(Op.CONTINUATION, b"", is_last=False) * websocket.MOST_PARTS
    assert violation_of(parts) == TOO_BIG


def test_a_ping_within_the_largest_message_is_heard():
    whole = b"x" * MOST
    sent = masked(Op.TEXT, whole[:-1], is_last=False) + masked(Op.PING, b"ping") + masked(Op.CONTINUATION, whole[-1:])
    assert heard(Reader(MOST), sent) == [(Op.PING, b"ping"), (Op.TEXT, whole)]


WRONG = {
    "a reserved bit": bytes((0xC1, 0x80)),
    "another reserved bit": bytes((0x91, 0x80)),
    "an unknown opcode": bytes((0x83, 0x80)),
    "an unknown control opcode": bytes((0x8B, 0x80)),
    "no mask": bytes((0x81, 0x00)),
    "a ping in parts": bytes((0x09, 0x80)),
    "a ping that is too long": bytes((0x89, 0x80 | 126)),
    "a close that is too long": bytes((0x88, 0x80 | 127)),
    "a part of no message": bytes((0x80, 0x80)),
    "a message within another": masked(Op.TEXT, b"a", is_last=False) + bytes((0x82, 0x80)),
}


@pytest.mark.parametrize("sent", WRONG.values(), ids=WRONG)
def test_it_names_a_breach_of_the_protocol(sent):
    assert violation_of(sent) == PROTOCOL_ERROR


def test_what_came_before_a_breach_is_heard():
    reader, messages = Reader(MOST), []
    with pytest.raises(Violation):
        messages.extend(reader.feed(masked(Op.TEXT, b"a") + WRONG["no mask"]))
    assert messages == [(Op.TEXT, b"a")]


def test_it_goes_on_where_somebody_stopped_to_listen():
    reader = Reader(MOST)
    assert next(reader.feed(masked(Op.TEXT, b"a") + masked(Op.TEXT, b"b"))) == (Op.TEXT, b"a")
    assert heard(reader, masked(Op.TEXT, b"c")) == [(Op.TEXT, b"b"), (Op.TEXT, b"c")]


def test_a_farewell_says_why():
    assert read(websocket.farewell(NORMAL)) == [(Op.CLOSE, NORMAL.to_bytes(2))]


def violation_of(sent):
    """The code with which it is refused, and that does not depend on how the bytes come."""
    codes = []
    for chunks in ([sent], [bytes((each,)) for each in sent]):
        with pytest.raises(Violation) as refused:
            heard(Reader(MOST), *chunks)
        codes.append(refused.value.code)
    assert codes[0] == codes[1]
    return codes[0]
