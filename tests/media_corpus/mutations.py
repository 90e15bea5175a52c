"""Valid files with a few bytes changed, as a bad disk or a bad person changes them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

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


_MOST_CHANGES = 6
_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)
_LENGTHS = (0, 1, 2, 7, 8, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_MARKERS = (
    b"\xff\xd8",
    b"\xff\xd9",
    b"\xff\xda",
    b"\xff\xc2",
    b"\xff\xdd",
    b"moov",
    b"mdat",
    b"stts",
    b"moof",
    b"IDAT",
    b"IEND",
)


def _place(rng: random.Random, data: bytearray) -> int:
    """Anywhere, but rather near the beginning or the end, where structure is."""
    share = rng.random()
    if share < 0.45:
        return rng.randrange(min(len(data), 700))
    if share < 0.65:
        return len(data) - 1 - rng.randrange(min(len(data), 700))
    return rng.randrange(len(data))


def _flip(rng: random.Random, data: bytearray, _others: Sequence[bytes]) -> None:
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        data[_place(rng, data)] ^= 1 << rng.randrange(8)


def _set(rng: random.Random, data: bytearray, _others: Sequence[bytes]) -> None:
    data[_place(rng, data)] = rng.choice(_INTERESTING)


def _set_length(rng: random.Random, data: bytearray, _others: Sequence[bytes]) -> None:
    width = rng.choice((2, 4, 8))
    at = _place(rng, data)
    data[at : at + width] = (rng.choice(_LENGTHS) % (1 << 8 * width)).to_bytes(width, "big")


def _cut(rng: random.Random, data: bytearray, _others: Sequence[bytes]) -> None:
    del data[_place(rng, data) + 1 :]


def _leave_out(rng: random.Random, data: bytearray, _others: Sequence[bytes]) -> None:
    at = _place(rng, data)
    del data[at + 1 : at + 1 + rng.choice((1, 2, 16, 300, 5000))]


def _repeat(rng: random.Random, data: bytearray, _others: Sequence[bytes]) -> None:
    at, length = _place(rng, data), rng.choice((1, 8, 100, 3000))
    data[at:at] = data[at : at + length] * rng.choice((1, 1, 2, 20))


def _blank(rng: random.Random, data: bytearray, _others: Sequence[bytes]) -> None:
    at, length = _place(rng, data), rng.choice((4, 64, 2000, 20_000))
    end = min(len(data), at + length)
    data[at:end] = bytes([rng.choice((0, 0xFF))]) * (end - at)


def _insert(rng: random.Random, data: bytearray, _others: Sequence[bytes]) -> None:
    at = _place(rng, data)
    data[at:at] = rng.choice((rng.randbytes(rng.choice((1, 4, 200))), rng.choice(_MARKERS)))


def _splice(rng: random.Random, data: bytearray, others: Sequence[bytes]) -> None:
    other = rng.choice(others)
    at = rng.randrange(len(other))
    data[_place(rng, data) :] = other[at : at + 200_000]


def _swap(rng: random.Random, data: bytearray, _others: Sequence[bytes]) -> None:
    one, two, length = _place(rng, data), _place(rng, data), rng.choice((4, 64, 1000))
    data[one : one + length], data[two : two + length] = data[two : two + length], data[one : one + length]


_CHANGES: tuple[Callable[[random.Random, bytearray, Sequence[bytes]], None], ...] = (
    _flip,
    _set,
    _set_length,
    _cut,
    _leave_out,
    _repeat,
    _blank,
    _insert,
    _splice,
    _swap,
)


def broken(rng: random.Random, sound: bytes, others: Sequence[bytes]) -> bytes:
    """`sound` after one to six changes of many kinds, lengths too; `others` are files whose parts may get into it."""
    data = bytearray(sound)
    for _ in range(rng.randint(1, _MOST_CHANGES)):
        rng.choice(_CHANGES)(rng, data, others)
        if not data:
            data.append(0)
    return bytes(data)
