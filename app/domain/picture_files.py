"""What a picture is and how many pixels it has, by its head: JPEG (ITU T.81), PNG (RFC 2083) and WebP (RFC 9649).

Nothing is decoded here. A file of few bytes may unfold to gigabytes in the browser that shows it, and one that only
begins like a picture is none: its head says neither width nor height.
"""

import re
import struct

_STARTS = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
)
KINDS = frozenset(kind for _start, kind in _STARTS)
# Frame headers, of every coding: those between them are tables.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers that stand alone, without a length.
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


def kind(data: bytes) -> str | None:
    """The media type of a JPEG, PNG or WebP, by how it begins; None for anything else."""
    return next((kind for start, kind in _STARTS if start.match(data)), None)


def sides(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels; None where there is no such picture."""
    try:
        found = _read(data)
    except (struct.error, IndexError):
        # It ends in the middle of its head.
        return None
    return found if found and min(found) > 0 else None


def _read(data: bytes) -> tuple[int, int] | None:
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        width, height = struct.unpack_from(">II", data, 16)
        return width, height
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    place = 2
    while data[place] == 0xFF:
        marker = data[place + 1]
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        if marker == 0xFF:  # fill
            place += 1
        elif marker in _ALONE:
            place += 2
        else:
            place += 2 + struct.unpack_from(">H", data, place + 2)[0]
    return None


def _webp(data: bytes) -> tuple[int, int] | None:
    match data[12:16]:
        case b"VP8 " if data[23:26] == b"\x9d\x01\x2a":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L" if data[20] == 0x2F:
            (bits,) = struct.unpack_from("<I", data, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X" if len(data) >= 30:
            return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return None
