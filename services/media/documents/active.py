"""What in a PDF acts by itself, or reaches outside it: looked for in every object, used or not. ISO 32000-1, 12.6.

Taken is what only moves within the document or waits for a click and then asks (links to web pages, as word processors
make them); everything else is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pikepdf import Array, Dictionary, Name, Object, Stream, String

_ACTIONS = {
    "/JavaScript": "javascript",
    "/Launch": "launch",
    "/SubmitForm": "form",
    "/ImportData": "form",
    "/GoToR": "elsewhere",
    "/GoToE": "elsewhere",
    "/Rendition": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/GoTo3DView": "media",
    "/RichMediaExecute": "media",
}
_ANNOTATIONS = {
    "/RichMedia": "media",
    "/3D": "media",
    "/Movie": "media",
    "/Sound": "media",
    "/Screen": "media",
    "/FileAttachment": "attachment",
    "/PS": "external",
}
_KEYS = {
    "/JS": "javascript",
    "/JavaScript": "javascript",
    "/EmbeddedFiles": "attachment",
    "/EF": "attachment",
    "/Collection": "attachment",
    "/RichMediaContent": "media",
    "/XFA": "xfa",
}
_WITHIN = frozenset({"/GoTo"})
"""Actions that may happen when a document is opened."""
_STRUCTURE = frozenset({"/StructElem", "/StructTreeRoot"})
"""Where /S names a role, and not an action."""
_WORDS = b"|".join(word[1:].encode() for word in sorted({*_ACTIONS, *_ANNOTATIONS, *_KEYS}))
_SUSPICIOUS = re.compile(rb"/(?:" + _WORDS + rb"|AA|OpenAction|Ref|F|FFilter)[\x00-\x20/\[<>\](){}%]")
_DEEPEST = 64


class TooDeepError(ValueError):
    """Arrays and dictionaries nested beyond what any writer makes."""


def active_kinds(thing: Object) -> Iterator[str]:
    """Keys of findings.ACTIVE for what one object of the file holds, not counting what it refers to."""
    held = thing.stream_dict if isinstance(thing, Stream) else thing
    if not isinstance(held, Dictionary | Array) or not _SUSPICIOUS.search(held.unparse(resolved=True) + b" "):
        return
    if isinstance(thing, Stream) and ("/F" in held or "/FFilter" in held):
        yield "external"
    waiting: list[tuple[Any, int]] = [(held, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > _DEEPEST:
            raise TooDeepError
        if isinstance(one, Dictionary):
            yield from _of(one)
            children: list[Any] = [one[key] for key in one.keys()]  # noqa: SIM118 - not a mapping of Python's
        else:
            children = list(one)
        waiting += [
            (child, depth + 1)
            for child in children
            if isinstance(child, Dictionary | Array) and not isinstance(child, Stream) and not child.is_indirect
        ]


def _of(one: Dictionary) -> Iterator[str]:
    for key, kind in _KEYS.items():
        if key in one:
            yield kind
    if _name(one, "/Type") not in _STRUCTURE:
        action = _ACTIONS.get(_name(one, "/S"))
        if action is not None:
            yield action
    if "/Ref" in one and _name(one, "/Subtype") == "/Form":
        yield "external"
    annotation = _ANNOTATIONS.get(_name(one, "/Subtype"))
    if annotation is not None:
        yield annotation
    if "/AA" in one and (not isinstance(one["/AA"], Dictionary) or len(one["/AA"])):
        yield "automatic"
    if "/OpenAction" in one and not _harmless(one["/OpenAction"]):
        yield "automatic"


def _harmless(action: Any) -> bool:
    """A place within the document, where it opens."""
    if isinstance(action, Array | Name | String):
        return True
    return isinstance(action, Dictionary) and _name(action, "/S") in _WITHIN and "/Next" not in action


def _name(one: Dictionary, key: str) -> str:
    value = one.get(key)
    return str(value) if isinstance(value, Name) else ""
