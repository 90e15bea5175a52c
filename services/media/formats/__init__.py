"""Reading file formats by their bytes: plain Python over buffers, no decoding, bounded work whatever the file holds."""

from __future__ import annotations

import mmap

Data = bytes | mmap.mmap
"""A whole file, in memory or mapped."""


class FormatError(ValueError):
    """The bytes do not hold together as the format that they begin like; the message says where."""
