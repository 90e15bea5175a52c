"""Reading bit by bit, as the parameter sets of H.264 and HEVC are written."""

from __future__ import annotations

from services.media.formats import FormatError

_LONGEST_CODE = 32


class Bits:
    """A bit reader over the payload of a NAL unit, without its header. What it raises is a FormatError."""

    def __init__(self, payload: bytes) -> None:
        payload = payload.replace(b"\x00\x00\x03", b"\x00\x00")  # bytes that keep a start code from appearing
        self._value = int.from_bytes(payload)
        self._left = len(payload) * 8

    def take(self, count: int) -> int:
        if count > self._left:
            raise FormatError("the sequence parameter set ends too early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def flag(self) -> bool:
        return bool(self.take(1))

    def ue(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _LONGEST_CODE:
                raise FormatError("a code in the sequence parameter set is too long")
        return (1 << zeros) - 1 + self.take(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)
