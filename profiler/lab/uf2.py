"""UF2, the format of boot loaders that are a USB drive (github.com/microsoft/uf2, "file format")."""

from __future__ import annotations

import struct

from profiler.run.image import Image

_MAGIC = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_FAMILY_PRESENT = 0x2000
_PAYLOAD_BYTES = 256
_BLOCK_BYTES = 512


def uf2_of(image: Image, family: int) -> bytes:
    """Blocks of 256 bytes at aligned addresses, where the image says nothing filled with 0xFF."""
    pages: dict[int, bytearray] = {}
    for segment in image.segments:
        for offset, byte in enumerate(segment.data):
            address = segment.load_address + offset
            page = pages.setdefault(address - address % _PAYLOAD_BYTES, bytearray(b"\xff" * _PAYLOAD_BYTES))
            page[address % _PAYLOAD_BYTES] = byte
    blocks = []
    for number, address in enumerate(sorted(pages)):
        header = struct.pack("<8I", *_MAGIC[:2], _FAMILY_PRESENT, address, _PAYLOAD_BYTES, number, len(pages), family)
        body = header + bytes(pages[address])
        blocks.append(body.ljust(_BLOCK_BYTES - 4, b"\0") + struct.pack("<I", _MAGIC[2]))
    return b"".join(blocks)
