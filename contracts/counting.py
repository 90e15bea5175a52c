"""The one 字 counter, as the word processors of library offices count 字数.

The rule, in the order in which it is applied:

1. What has no width of its own counts nothing and separates nothing: combining marks, variation selectors, zero-width
   and direction characters, soft hyphens, byte-order marks, control characters that are not white space.
2. White space (the ideographic space U+3000 too) counts nothing and separates runs.
3. Every CJK character counts one: ideographs of every extension and compatibility block, radicals, kana, bopomofo,
   hangul, Yi, private-use characters (offices keep rare characters of names there), enclosed and full-width forms.
4. Every CJK punctuation mark counts one, also those that Unicode shares with Latin scripts and that Chinese input
   methods produce: “ ” ‘ ’ — … ·. So —— and …… count two. Only ’ between two Latin letters is an apostrophe.
5. A pictograph counts one, however many code points draw it (skin tone, family, flag, keycap).
6. Every other run of visible characters without white space counts one: words, numbers, `GB/T`, `http://…`, `20℃`.

The character lists are written out, so that the answer depends on no version of Unicode and the JavaScript twin can
hold the same ones; contracts/examples/counting.json is what both are tested against. Time is linear in the text.
"""

from __future__ import annotations

import re

_SPACE = "\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff"
_JOINER = "\u200d"
_SKIN = "\U0001f3fb-\U0001f3ff"
_FLAG = "\U0001f1e6-\U0001f1ff"
_PICTOGRAPH = (
    "\u2300-\u23ff"  # technical: watch, hourglass, keyboard
    "\u25a0-\u27bf"  # geometric shapes, miscellaneous symbols, dingbats: ■ ★ ☎ ✓ ❤
    "\u2b00-\u2bff"  # further arrows and stars
    "\U0001f000-\U0001f1e5\U0001f200-\U0001faff"
)
_CJK = (
    "\u1100-\u115e\ua960-\ua97f"  # hangul initials; medials and finals ride on them (_INVISIBLE)
    "\u2460-\u24ff"  # enclosed letters and numbers: ① ⑴ ⒈ Ⓐ
    "\u2e80-\u2fff\u3001-\u3029\u3030-\u3098\u309b-\u3163\u3165-\ua4cf"  # radicals … kana … ideographs … Yi
    "\uac00-\ud7a3\ue000-\uf8ff\uf900-\ufaff"  # hangul, private use, compatibility ideographs
    "\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uff9f\uffa1-\uffee\ufffd"  # vertical, small, full- and half-width forms
    "\U00016fe0-\U00018cff\U00018d00-\U00018dff\U0001aff0-\U0001b2ff"  # Tangut, Khitan, kana extensions, Nüshu
    "\U0001d300-\U0001d37f"  # Tai Xuan Jing symbols, counting rods
    "\U00020000-\U0003fffd\U000f0000-\U0010fffd"  # the ideographic planes, private use
)
_CHINESE_PUNCTUATION = "\u00b7\u0387\u2014\u2015\u2018\u2019\u201c\u201d\u2025-\u2027\u22ef"
_INVISIBLE = (
    "\\x00-\\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # controls
    "\u00ad\u061c\u115f\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099\u309a\ufe20-\ufe2f"  # marks
    "\u1160-\u11ff\ud7b0-\ud7ff"  # hangul medials and finals, which belong to the initial before them
    "\ufe00-\ufe0f\U000e0000-\U000e0fff"  # variation selectors, tags
)

_WIDE = f"{_CJK}{_PICTOGRAPH}{_CHINESE_PUNCTUATION}"

_WITHOUT_WIDTH = re.compile(f"[{_INVISIBLE}]+")
_HALF_PAIR = re.compile("[\ud800-\udfff]")
_DRAWN_TOGETHER = re.compile(f"[{_JOINER}{_SKIN}{_FLAG}]")
_SAME_PICTOGRAPH = re.compile(f"(?<=[{_PICTOGRAPH}])(?:[{_SKIN}]|{_JOINER}[{_PICTOGRAPH}])")
_FLAG_PAIR = re.compile(f"[{_FLAG}]{{1,2}}")
_NARROW = f"[^{_SPACE}{_WIDE}]"
_RUN = re.compile(f"{_NARROW}+(?:(?<=[{_LATIN}])\u2019(?=[{_LATIN}]){_NARROW}+)*")
_SPACES = re.compile(f"[{_SPACE}]+")


def count_zi(text: str) -> int:
    """Number of 字 in `text`."""
    if _HALF_PAIR.search(text):
        # Careless JSON holds pairs as two halves: whole pairs become their character, what is left alone U+FFFD.
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _WITHOUT_WIDTH.sub("", text)
    if _DRAWN_TOGETHER.search(text):
        text = _FLAG_PAIR.sub("\u25a0", _SAME_PICTOGRAPH.sub("", text).replace(_JOINER, ""))
    wide_and_space, runs = _RUN.subn("", text)
    return runs + len(_SPACES.sub("", wide_and_space))
