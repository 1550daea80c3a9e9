"""The sides of pictures, read off their heads."""

import pytest

from app.domain.picture_files import sides
from tests.pictures import jpeg_head, png, webp_head


@pytest.mark.parametrize(
    "data",
    [png(640, 3), jpeg_head(640, 3), *(webp_head(kind, 640, 3) for kind in (b"VP8 ", b"VP8L", b"VP8X"))],
    ids=["PNG", "JPEG", "WebP", "WebP, lossless", "WebP, extended"],
)
def test_the_head_says_the_sides_and_a_part_of_it_says_nothing(data):
    assert sides(data) == (640, 3)
    assert [sides(data[:length]) for length in range(18)] == [None] * 18


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"\xff\xd8 and so on", png(0, 5), jpeg_head(5, 0)])
def test_what_has_no_sides_is_no_picture(data):
    assert sides(data) is None
