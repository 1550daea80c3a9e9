"""What makes the customer's pages an app: each picture that the manifest names is there, and is what it says."""

import struct

import pytest

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])


def test_each_icon_of_the_manifest_is_there_in_its_size(as_person):
    browser = as_person(None)
    answer = browser.get("/orders/manifest.webmanifest")
    assert (answer.mimetype, answer.json["start_url"]) == ("application/manifest+json", "/orders/")
    purposes = set()
    for icon in answer.json["icons"]:
        with browser.get(icon["src"]) as picture:
            assert (picture.status_code, picture.mimetype) == (200, icon["type"])
            if icon["type"] == "image/png":
                assert struct.unpack(">II", picture.data[16:24]) == tuple(map(int, icon["sizes"].split("x")))
        purposes.add(icon["purpose"])
    assert purposes == {"any", "maskable"}
