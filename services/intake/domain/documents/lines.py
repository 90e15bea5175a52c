"""Where labels and titles are broken into lines: at words where that can be told, in lines of about one length.

Chinese has no spaces, so a typesetter breaks anywhere. GB/T 9704 wants the lines of a title to keep words whole; the
narrow labels of forms need it as much. There is no dictionary here: punctuation and the commonest particles decide.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_CLOSING = "，、。；：！？）》”’」』】〕…,.;:!?)]}%％"
_OPENING = "（《“‘「『【〔([{"
_AFTER = "，、；：）》”—"
_BEFORE = "（《“—与和及暨或"
_WORDS = (
    "意见", "推荐", "审定", "申报", "情况", "说明", "工作", "时间", "活动", "服务", "图书馆", "实践", "研究",
    "委员会", "单位", "案例", "个人", "集体", "建设", "体系", "阅读", "读者", "联盟", "乡镇", "社会",
)  # fmt: skip
"""Of this field: lines break before them rather than anywhere, and hardly ever within."""
_GOOD, _FAIR, _POOR, _BAD, _NEVER = 0.0, 1.0, 4.0, 100.0, float("inf")
_LONGEST = 120
"""Of what is weighed; longer texts are no titles, and break wherever their setter likes."""
_JOINER = "\u200d"


def in_lines(text: str, most: float, at_need: float | None = None) -> tuple[str, ...]:
    """`text` in as few lines as it takes, none wider than `most` full-width characters, or `at_need` to save a word.

    One line, to be broken by whoever sets it, where a word is wider than that.
    """
    if width(text) <= most or len(text) > _LONGEST:
        return (text,)
    found: list[tuple[float, tuple[str, ...]]] = []
    for limit in (most, at_need or most):
        count = int(-(-width(text) // limit))
        found += [_divided(text, lines, limit) for lines in (count, count + 1)]
        cost, lines = min(found, key=lambda it: (it[0] >= _BAD, len(it[1]), it[0]))
        if cost < _BAD:
            break
    return tuple(line.strip() for line in lines) if lines else (text,)


def width(text: str) -> float:
    """In full-width characters; marks have none."""
    return sum(_width(character) for character in text)


def _width(character: str) -> float:
    if unicodedata.category(character).startswith("M") or character == _JOINER:
        return 0.0
    return 1.0 if unicodedata.east_asian_width(character) in {"W", "F", "A"} else 0.5


def _divided(text: str, count: int, most: float) -> tuple[float, tuple[str, ...]]:
    """The best division into `count` lines, and what it costs; no lines if there is none."""
    mean = width(text) / count

    @cache
    def best(start: int, left: int) -> tuple[float, tuple[str, ...]]:
        if left == 1:
            rest = text[start:]
            return (_uneven(rest, mean), (rest,)) if width(rest) <= most else (_NEVER, ())
        found: tuple[float, tuple[str, ...]] = (_NEVER, ())
        wide = 0.0
        for end in range(start + 1, len(text)):
            wide += _width(text[end - 1])
            if wide > most:
                break
            here = _break_at(text, end)
            if here == _NEVER:
                continue
            cost, lines = best(end, left - 1)
            cost += here + _uneven(text[start:end], mean)
            if cost <= found[0] and cost != _NEVER:
                found = (cost, (text[start:end], *lines))
        return found

    return best(0, count)


def _uneven(line: str, mean: float) -> float:
    return 0.4 * (width(line.strip()) - mean) ** 2


def _break_at(text: str, at: int) -> float:
    """What it costs to break before text[at]."""
    last, following = text[at - 1], text[at]
    if (
        following in _CLOSING
        or last in _OPENING
        or unicodedata.category(following).startswith("M")
        or _JOINER in {last, following}
        or (_is_latin(last) and _is_latin(following))
    ):
        return _NEVER
    if last.isspace() or last in _AFTER or following in _BEFORE:
        return _GOOD
    if any(text.startswith(word, at - cut) for word in _WORDS for cut in range(1, len(word))):
        return _BAD
    if last in "的之" or text.startswith(_WORDS, at):
        return _FAIR
    return _POOR


def _is_latin(character: str) -> bool:
    """Part of a word or number that is not broken."""
    return not character.isspace() and unicodedata.east_asian_width(character) not in {"W", "F"}
