"""A PDF opened as strictly as can be, its objects walked one by one, its pages found. ISO 32000-1, 7.3, 7.5, 7.7."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Object, Stream

from contracts.events import Finding
from services.media.documents import findings as say
from services.media.documents.active import TooDeepError, active_kinds
from services.media.documents.streams import (
    MOST_UNPACKED_IN_ALL,
    OverflowingError,
    UnsoundError,
    check_unpacked,
    is_picture,
)

MOST_OBJECTS = 20_000
MOST_PAGES = 100
"""Where a definition sets no bound of its own."""
_DEEPEST_TREE = 32
_MOST_NODES = 1000
"""Of the tree of pages, besides as many as there are pages: every node but an empty one leads to a page."""
_MOST_MILLIMETRES = 2000.0
_LEAST_MILLIMETRES = 10.0
_POINT = 25.4 / 72
_DIRECT = (0, 0)
"""The number of what is no object of its own."""
_INHERITED = ("/MediaBox", "/Resources")
_FILE = re.compile(r"stream <[^>]*>[:,]? ?")
_UNPACKED_BY_PARSER = frozenset({"/ObjStm", "/XRef"})


class UnsoundFileError(Exception):
    """The file as a whole cannot be taken, and nothing more can be said about it."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.slug)
        self.finding = finding


@dataclass(slots=True)
class Paper:
    """What a PDF consists of."""

    pages: int
    pictures: list[tuple[int, Stream]] = field(default_factory=list)
    """Each with the number of the page that shows it, 0 if that is not known."""
    findings: list[Finding] = field(default_factory=list)


def opened(data: bytes) -> pikepdf.Pdf:
    """Raises UnsoundFileError where nothing but a repair would open it."""
    try:
        return pikepdf.open(
            io.BytesIO(data), attempt_recovery=False, inherit_page_attributes=False, suppress_warnings=True
        )
    except pikepdf.PasswordError as error:
        raise UnsoundFileError(say.encrypted()) from error
    except (pikepdf.PdfError, RuntimeError, ValueError) as error:
        if "encrypt" in str(error).lower():  # by a certificate, or in a way that no program knows
            raise UnsoundFileError(say.encrypted()) from error
        raise UnsoundFileError(
            say.damaged(
                "交叉引用表或文件尾不正确", "its cross-references or its trailer are wrong", detail=_said(error)
            )
        ) from error


def _said(word: object) -> str:
    """A complaint of the parser's without the name that it gives to the file."""
    return _FILE.sub("", str(word))


def read_paper(pdf: pikepdf.Pdf, most_pages: int) -> Paper:
    """Walk everything. Raises UnsoundFileError."""
    given = pdf.trailer.get("/Size")
    if isinstance(given, int) and given > MOST_OBJECTS:
        raise UnsoundFileError(_too_many_objects(given))
    try:
        leaves = _leaves(pdf, most_pages)
        paper = Paper(pages=len(leaves))
        paper.findings += _sizes(leaves)
        paper.findings += _objects(pdf, paper, _places(leaves))
    except (pikepdf.PdfError, RuntimeError, TypeError, KeyError, AttributeError) as error:
        raise UnsoundFileError(say.damaged("对象无法解析", "objects cannot be parsed", detail=_said(error))) from error
    warnings = [str(warning) for warning in pdf.get_warnings()]
    if warnings and not paper.findings:
        paper.findings.append(
            say.damaged(
                "部分对象不正确", "some of its objects are wrong", detail=_said(warnings[0]), count=len(warnings)
            )
        )
    return paper


def _too_many_objects(given: int) -> Finding:
    return say.too_complex(
        f"有 {given} 个对象，最多允许 {MOST_OBJECTS} 个",
        f"it has {given} objects; at most {MOST_OBJECTS} are allowed",
        given,
        MOST_OBJECTS,
    )


@dataclass(frozen=True, slots=True)
class _Leaf:
    page: Dictionary
    inherited: dict[str, Any]

    def get(self, key: str) -> Any:
        own = self.page.get(key)
        return own if own is not None else self.inherited.get(key)


def _leaves(pdf: pikepdf.Pdf, most: int) -> list[_Leaf]:
    """The pages in their order. Raises UnsoundFileError."""
    root = pdf.Root.get("/Pages")
    if not isinstance(root, Dictionary):
        raise UnsoundFileError(say.damaged("没有页面", "it has no pages"))
    waiting: list[tuple[Dictionary, dict[str, Any], int]] = [(root, {}, 0)]
    seen: set[tuple[int, ...]] = set()
    found: list[_Leaf] = []
    while waiting:
        node, inherited, depth = waiting.pop()
        place = tuple(node.objgen)
        if place in seen or depth > _DEEPEST_TREE:
            raise UnsoundFileError(say.damaged("页面目录自相循环", "its tree of pages leads back to itself"))
        if place != _DIRECT:
            seen.add(place)
        kids = node.get("/Kids")
        if kids is None:
            found.append(_Leaf(node, inherited))
        else:
            handed = inherited | {key: node[key] for key in _INHERITED if key in node}
            children = _children(kids, 2 * most + _MOST_NODES - len(waiting), most)
            waiting += [(child, handed, depth + 1) for child in reversed(children)]
        if len(found) > most:
            counted = _counted(root)
            raise UnsoundFileError(say.too_many_pages(max(counted, most), most, exact=counted > most))
    if not found:
        raise UnsoundFileError(say.damaged("没有页面", "it has no pages"))
    if _counted(root) != len(found):
        raise UnsoundFileError(
            say.damaged(
                f"页数记录为 {_counted(root)}，实有 {len(found)} 页",
                f"it claims {_counted(root)} pages and has {len(found)}",
            )
        )
    return found


def _children(kids: Object, room: int, most: int) -> list[Dictionary]:
    """Raises UnsoundFileError."""
    if not isinstance(kids, Array):
        raise UnsoundFileError(say.damaged("页面目录不正确", "its tree of pages is wrong"))
    if len(kids) > room:
        raise UnsoundFileError(say.too_many_pages(most, most, exact=False))
    children = [child for child in (kids[n] for n in range(len(kids))) if isinstance(child, Dictionary)]
    if len(children) < len(kids):
        raise UnsoundFileError(say.damaged("有页面缺失", "a page is missing"))
    return children


def _counted(root: Dictionary) -> int:
    count = root.get("/Count")
    return count if isinstance(count, int) else 0


def _sizes(leaves: list[_Leaf]) -> Iterator[Finding]:
    """The first page whose size makes no sense."""
    for number, leaf in enumerate(leaves, 1):
        box = leaf.get("/MediaBox")
        try:
            sides = [float(box[n]) for n in range(4)] if isinstance(box, Array) and len(box) == 4 else []  # noqa: PLR2004 - corners
            unit = float(leaf.page.get("/UserUnit") or 1)
        except (TypeError, ValueError):
            sides, unit = [], 1.0
        if not sides:
            yield say.damaged(f"第 {number} 页没有尺寸", f"page {number} has no size")
            return
        width, height = (round(abs(sides[n + 2] - sides[n]) * unit * _POINT, 1) for n in range(2))
        if not all(_LEAST_MILLIMETRES <= side <= _MOST_MILLIMETRES for side in (width, height)):
            yield say.wrong_page_size(number, width, height, _MOST_MILLIMETRES)
            return


def _places(leaves: list[_Leaf]) -> dict[tuple[int, ...], int]:
    """The page that shows each picture first."""
    places: dict[tuple[int, ...], int] = {}
    for number, leaf in enumerate(leaves, 1):
        resources = leaf.get("/Resources")
        shown = resources.get("/XObject") if isinstance(resources, Dictionary) else None
        if isinstance(shown, Dictionary):
            for key in shown.keys():  # noqa: SIM118 - not a mapping of Python's
                places.setdefault(tuple(shown[key].objgen), number)
    return places


def _objects(pdf: pikepdf.Pdf, paper: Paper, places: dict[tuple[int, ...], int]) -> Iterator[Finding]:
    """Look at every object, reachable or not, also those in object streams."""
    objects = pdf.objects
    if len(objects) > MOST_OBJECTS:
        raise UnsoundFileError(_too_many_objects(len(objects)))
    active: set[str] = set()
    unpacked = 0
    for thing in [pdf.trailer, *objects]:
        try:
            active.update(active_kinds(thing))
            if is_picture(thing):
                paper.pictures.append((places.get(tuple(thing.objgen), 0), thing))
            elif isinstance(thing, Stream) and str(thing.stream_dict.get("/Type")) not in _UNPACKED_BY_PARSER:
                unpacked += check_unpacked(thing, MOST_UNPACKED_IN_ALL - unpacked)
        except TooDeepError as error:
            raise UnsoundFileError(say.damaged("对象层层嵌套", "its objects nest without end")) from error
        except UnsoundError as error:
            raise UnsoundFileError(say.damaged(error.zh, error.en, detail=error.detail)) from error
        except OverflowingError as error:
            raise UnsoundFileError(_bomb(error)) from error
    if active:
        yield say.active_content([kind for kind in say.ACTIVE if kind in active])


def _bomb(error: OverflowingError) -> Finding:
    return say.too_complex(
        f"一段数据解压后超过 {error.allowed} 字节",
        f"some of its data unpack to more than {error.allowed} bytes",
        error.given,
        error.allowed,
    )
