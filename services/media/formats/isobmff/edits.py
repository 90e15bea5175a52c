"""Edit lists (elst): what of a track's media is shown, in which order and for how long. ISO/IEC 14496-12, 8.6.6."""

from __future__ import annotations

import struct

from services.media.formats import FormatError
from services.media.formats.isobmff.boxes import Box

_MOST_EDITS = 10_000
_EMPTY = -1
_SHAPES = {0: struct.Struct(">Iihh"), 1: struct.Struct(">Qqhh")}


def presented_seconds(data: bytes, box: Box, *, movie_scale: int, track_scale: int, media_seconds: float) -> float:
    """How long players that follow the list are at it; scales in ticks per second. Raises FormatError.

    A list may play a part twice, hold one picture still, or begin with nothing at all; the media cannot tell that.
    """
    shape = _SHAPES.get(data[box.start])
    (count,) = struct.unpack_from(">I", data, box.start + 4)
    if shape is None or count > _MOST_EDITS or box.start + 8 + count * shape.size > box.end:
        raise FormatError("the edit list is damaged")
    total = 0.0
    for number in range(count):
        duration, begin, rate, _ = shape.unpack_from(data, box.start + 8 + number * shape.size)
        seconds = duration / movie_scale
        left = max(0.0, media_seconds - begin / track_scale)
        if begin == _EMPTY or rate == 0:
            total += seconds
        else:
            total += min(seconds, left) if duration else left
    return total
