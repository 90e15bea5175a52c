"""The fonts that papers are set in: for each role of GB/T 9704 a chain, of which the first that is there is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import typst

from services.intake.domain.errors import FontMissingError

OWN_FONTS = "LAUREL_FONTS_DIR"
"""A folder of a site's own fonts (licensed 方正小标宋, 仿宋_GB2312, 楷体_GB2312); they come first where they are."""
SHIPPED = Path(sys.prefix) / "share" / "laurel" / "fonts"
"""Where infra/stack/fonts.sh and the container image put the free ones."""

CHAINS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "title": ("小标宋", ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "FandolSong", "Noto Serif CJK SC")),
    "fang": ("仿宋", ("FangSong_GB2312", "FangSong", "STFangsong", "FandolFang R")),
    "kai": ("楷体", ("KaiTi_GB2312", "KaiTi", "STKaiti", "FandolKai")),
    "hei": ("黑体", ("SimHei", "STHeiti", "FandolHei", "Noto Sans CJK SC")),
    "song": ("宋体", ("SimSun", "STSong", "FandolSong", "Noto Serif CJK SC")),
    "mono": ("等宽", ("DejaVu Sans Mono",)),
}
RARE = ("Noto Serif CJK SC", "Noto Sans CJK SC", "Noto Color Emoji")
"""Stand behind every chain, for characters that the others lack."""


@dataclass(frozen=True, slots=True)
class Faces:
    """The fonts that were found, and for each role the families in the order in which a character is looked for."""

    fonts: typst.Fonts
    families: Mapping[str, tuple[str, ...]]


def find_faces(folders: tuple[Path, ...] | None = None) -> Faces:
    """Raises FontMissingError, naming each role without a font and what would serve."""
    if folders is None:
        own = os.environ.get(OWN_FONTS, "").strip()
        folders = (*((Path(own),) if own else ()), SHIPPED)
    there = [str(folder) for folder in folders if folder.is_dir()]
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=there)
    known = set(fonts.families())
    lacking = [f"{role}（{'、'.join(chain)}）" for role, chain in CHAINS.values() if known.isdisjoint(chain)]
    if lacking:
        places = "、".join(str(folder) for folder in folders)
        raise FontMissingError(
            f"缺少文档字体：{'；'.join(lacking)}。查找位置：{places}。"
            f"请运行 infra/stack/fonts.sh {SHIPPED}，或用 {OWN_FONTS} 指明字体文件夹。",
            f"Fonts are missing: {'; '.join(lacking)}. Looked in {places}. "
            f"Run infra/stack/fonts.sh {SHIPPED}, or name a folder of fonts in {OWN_FONTS}.",
        )
    families = {key: tuple(name for name in (*chain, *RARE) if name in known) for key, (_, chain) in CHAINS.items()}
    return Faces(fonts, families)
