"""The head of a request: what is read of it, and what is refused because two servers could read it differently."""

from io import BufferedReader, BytesIO

import pytest

from gateway.head import MOST_HEAD, MOST_LINES, Headers, TooLarge


def headers(head, size=MOST_HEAD):
    return Headers(BufferedReader(BytesIO(head)), size)


def test_it_finds_a_header_whatever_its_case():
    found = headers(b"Host: here\r\ncontent-TYPE:text/plain \r\nX: 1\r\nX: 2\r\n\r\nbody")
    assert (found.get("hOST"), found.typeheader, found.getheader("x")) == ("here", "text/plain", "1")
    assert found.get("no", "none") == "none"
    assert list(found.headers) == ["host: here", "content-type: text/plain", "x: 1", "x: 2"]
    assert found.status == ""


def test_it_reads_no_further_than_the_head():
    source = BufferedReader(BytesIO(b"Host: here\r\n\r\nbody"))
    Headers(source, MOST_HEAD)
    assert source.read() == b"body"


def test_it_forgets_one():
    found = headers(b"Content-Length: 1\r\nHost: here\r\n\r\n")
    del found["content-length"]
    assert found.get("content-length") is None
    assert list(found.headers) == ["host: here"]
    with pytest.raises(KeyError):
        del found["content-length"]


@pytest.mark.parametrize(
    "head",
    [
        b"no colon\r\n\r\n",
        b"Name : value\r\n\r\n",
        b": value\r\n\r\n",
        b"Host: here\r\n folded\r\n\r\n",
        b"N\xe4me: value\r\n\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"Content-Length: +1\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: \xb2\r\n\r\n",
        b"Host: here\r\n",
        b"Host: he",
        b"",
    ],
)
def test_it_refuses_what_can_be_read_in_two_ways_or_is_cut_off(head):
    assert headers(head).status


def test_it_reads_as_much_as_may_be_and_not_a_byte_or_line_more():
    assert headers(b"X: " + b"x" * 95 + b"\r\n\r\n", size=102).status == ""
    assert headers(b"X: y\r\n" * (MOST_LINES - 1) + b"\r\n").status == ""
    for head, size in ((b"X: " + b"x" * 96 + b"\r\n\r\n", 102), (b"X: y\r\n" * MOST_LINES + b"\r\n", MOST_HEAD)):
        with pytest.raises(TooLarge):
            headers(head, size)
