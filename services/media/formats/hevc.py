"""The sequence parameter set of HEVC, as far as it says what a picture is like. ITU-T H.265, 7.3.2.2."""

from __future__ import annotations

from dataclasses import dataclass

from services.media.formats import FormatError
from services.media.formats.bits import Bits

_SPS_UNIT = 33
_NOT_SQUARE_CHROMA = 3
_PROFILES = {1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Range Extensions"}
_SUB_LAYERS = 8


@dataclass(frozen=True, slots=True)
class HevcSps:
    """What one set says. `width` × `height` are the pixels shown, the conformance window applied."""

    profile: str
    width: int
    height: int
    chroma: str
    bits: int


def read_hevc_sps(unit: bytes) -> HevcSps:
    """Read a NAL unit that holds a sequence parameter set. Raises FormatError."""
    if len(unit) < 3 or unit[0] >> 1 & 0x3F != _SPS_UNIT:  # noqa: PLR2004 - the header and something behind it
        raise FormatError("not a sequence parameter set")
    bits = Bits(unit[2:])
    bits.take(4)  # sps_video_parameter_set_id
    sub_layers = bits.take(3)
    bits.flag()  # sps_temporal_id_nesting_flag
    profile = _profile(bits, sub_layers)
    bits.ue()  # sps_seq_parameter_set_id
    chroma = bits.ue()
    if chroma > _NOT_SQUARE_CHROMA:
        raise FormatError("an unknown chroma format")
    if chroma == _NOT_SQUARE_CHROMA:
        bits.flag()  # separate_colour_plane_flag
    width, height = bits.ue(), bits.ue()
    if bits.flag():
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width -= (2 if chroma in {1, 2} else 1) * (left + right)
        height -= (2 if chroma == 1 else 1) * (top + bottom)
    if width <= 0 or height <= 0:
        raise FormatError("the sequence parameter set crops everything away")
    depth = 8 + max(bits.ue(), bits.ue())
    return HevcSps(profile, width, height, ("4:0:0", "4:2:0", "4:2:2", "4:4:4")[chroma], depth)


def _profile(bits: Bits, sub_layers: int) -> str:
    """profile_tier_level of as many sub-layers besides the whole; the name of the profile."""
    bits.take(3)  # general_profile_space, general_tier_flag
    profile = bits.take(5)
    bits.take(32 + 48)  # compatibility, constraints
    bits.take(8)  # general_level_idc
    present = [(bits.flag(), bits.flag()) for _ in range(sub_layers)]
    if sub_layers:
        bits.take(2 * (_SUB_LAYERS - sub_layers))
    for with_profile, with_level in present:
        bits.take((88 if with_profile else 0) + (8 if with_level else 0))
    return _PROFILES.get(profile, f"profile {profile}")
