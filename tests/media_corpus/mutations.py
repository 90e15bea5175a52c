"""Valid files with a few bytes changed, as a bad disk or a bad person changes them."""

from __future__ import annotations

import random

_WORDS = (b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x01", b"\x80\x00\x00\x00")


def mutated(content: bytes, begin: int, end: int, chance: random.Random) -> bytes:
    """One to thirty changes between `begin` and `end`."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5, 30))):
        at = chance.randrange(begin, end)
        match chance.randrange(4):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                data[at : at + 4] = chance.choice(_WORDS)
            case 2:
                data[at] ^= 1 << chance.randrange(8)
            case _:
                other, length = chance.randrange(begin, end), chance.randrange(1, 40)
                data[at : at + length] = data[other : other + length]
    return bytes(data)
