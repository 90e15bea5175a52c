"""The sequence parameter set of H.264: the one place that cannot lie about the picture's size. ITU-T H.264, 7.3.2.1."""

from __future__ import annotations

from dataclasses import dataclass

from services.media.formats import FormatError
from services.media.formats.bits import Bits

_SPS_UNIT = 7
_EXTENDED_SAR = 255
_ASPECTS = {1: (1, 1), 2: (12, 11), 3: (10, 11), 4: (16, 11), 5: (40, 33), 6: (24, 11), 7: (20, 11), 8: (32, 11)}
_ASPECTS |= {9: (80, 33), 10: (18, 11), 11: (15, 11), 12: (64, 33), 13: (160, 99), 14: (4, 3), 15: (3, 2), 16: (2, 1)}
_WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_PROFILES = {
    66: "Baseline",
    77: "Main",
    88: "Extended",
    100: "High",
    110: "High 10",
    122: "High 4:2:2",
    244: "High 4:4:4",
}
_MOST_REFERENCE_OFFSETS = 255


@dataclass(frozen=True, slots=True)
class Sps:
    """What one sequence parameter set says. `width` × `height` are the pixels shown, cropping applied."""

    profile: str
    level: int
    width: int
    height: int
    chroma: str
    bits: int
    interlaced: bool
    aspect: tuple[int, int]
    """Of one pixel, width : height."""


def read_sps(unit: bytes) -> Sps:
    """Read a NAL unit that holds a sequence parameter set. Raises FormatError."""
    if not unit or unit[0] & 0x1F != _SPS_UNIT:
        raise FormatError("not a sequence parameter set")
    bits = Bits(unit[1:])
    profile, _constraints, level = bits.take(8), bits.take(8), bits.take(8)
    bits.ue()  # seq_parameter_set_id
    chroma_format, depth = 1, 8
    if profile in _WITH_CHROMA:
        chroma_format, depth = _chroma(bits)
    bits.ue()  # log2_max_frame_num_minus4
    _picture_order(bits)
    bits.ue()  # max_num_ref_frames
    bits.flag()  # gaps_in_frame_num_value_allowed_flag
    width_units, height_units = bits.ue() + 1, bits.ue() + 1
    progressive = bits.flag()
    if not progressive:
        bits.flag()  # mb_adaptive_frame_field_flag
    bits.flag()  # direct_8x8_inference_flag
    width, height = width_units * 16, height_units * 16 * (1 if progressive else 2)
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        across = 2 if chroma_format in {1, 2} else 1
        down = (2 if chroma_format == 1 else 1) * (1 if progressive else 2)
        width -= across * (left + right)
        height -= down * (top + bottom)
    if width <= 0 or height <= 0:
        raise FormatError("the sequence parameter set crops everything away")
    return Sps(
        profile=_PROFILES.get(profile, f"profile {profile}"),
        level=level,
        width=width,
        height=height,
        chroma=("4:0:0", "4:2:0", "4:2:2", "4:4:4")[chroma_format],
        bits=depth,
        interlaced=not progressive,
        aspect=_aspect(bits),
    )


def _chroma(bits: Bits) -> tuple[int, int]:
    """(chroma_format_idc, bits of a sample)."""
    chroma_format = bits.ue()
    if chroma_format > 3:  # noqa: PLR2004 - 4:4:4 is the last one
        raise FormatError("an unknown chroma format")
    if chroma_format == 3:  # noqa: PLR2004 - 4:4:4
        bits.flag()
    depth = 8 + max(bits.ue(), bits.ue())
    bits.flag()
    if bits.flag():
        for index in range(8 if chroma_format != 3 else 12):  # noqa: PLR2004 - 4:4:4 has twelve lists
            if bits.flag():
                _scaling_list(bits, 16 if index < 6 else 64)  # noqa: PLR2004 - six lists for 4 × 4 blocks come first
    return chroma_format, depth


def _scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _picture_order(bits: Bits) -> None:
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.flag()
        bits.se()
        bits.se()
        count = bits.ue()
        if count > _MOST_REFERENCE_OFFSETS:
            raise FormatError("too many reference frames in a cycle")
        for _ in range(count):
            bits.se()


def _aspect(bits: Bits) -> tuple[int, int]:
    """Of one pixel; square if the set says nothing."""
    if not bits.flag() or not bits.flag():
        return 1, 1
    code = bits.take(8)
    if code == _EXTENDED_SAR:
        across, down = bits.take(16), bits.take(16)
        return (across, down) if across and down else (1, 1)
    return _ASPECTS.get(code, (1, 1))
