"""Pictures as tests hand them over."""

import random
import struct
import zlib


def png(width: int = 1, height: int = 1, *, seed: int | None = None) -> bytes:
    """A whole PNG: of one colour, or (`seed`) of noise, which weighs three bytes a pixel."""
    pixel = random.Random(seed).randbytes if seed is not None else bytes
    rows = b"".join(b"\0" + pixel(3 * width) for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    chunks = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg_head(width: int, height: int) -> bytes:
    """A JPEG as far as its frame header, with the fill and the comment that some cameras write."""
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes(9)
    return b"\xff\xd8\xff\xfe\0\x04hi\xff\xff\xc2" + struct.pack(">H", 2 + len(frame)) + frame


def webp_head(kind: bytes, width: int, height: int) -> bytes:
    """A WebP as far as its size, of one of its three codings."""
    says = {
        b"VP8 ": bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height),
        b"VP8L": b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14),
        b"VP8X": bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
    }[kind]
    return b"RIFF" + bytes(4) + b"WEBP" + kind + bytes(4) + says
