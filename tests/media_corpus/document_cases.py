"""Documents: none can be proved harmless yet, so none is accepted, and each is told why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.media_corpus import photos as p
from tests.media_corpus import videos as v
from tests.media_corpus.case import Case, document_rule, refused

_RULE = document_rule()
_SMALL = document_rule(max_bytes=1000)


def _pdf(*objects: bytes) -> bytes:
    """A page with nothing on it, and what else is wanted."""
    parts = (b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R>>")
    body = b"".join(b"%d 0 obj%sendobj\n" % (number, part) for number, part in enumerate((*parts, *objects), 1))
    return b"%PDF-1.7\n" + body + b"trailer<</Root 1 0 R>>\n%%EOF\n"


def cases() -> Iterator[Case]:
    script = b"<</S/JavaScript/JS(app.alert(1))>>"
    readable: dict[str, Callable[[], bytes]] = {
        "a pdf": _pdf,
        "a pdf with a script": partial(_pdf, script),
        "a pdf of pictures": partial(p.saved_as, "PDF"),
        "half a pdf": lambda: _pdf()[:60],
    }
    for name, make in readable.items():
        yield refused(name, make, "unsupported-document", rule=_RULE)
    yield refused(
        "a pdf too large", partial(p.saved_as, "PDF"), "document-too-large", "unsupported-document", rule=_SMALL
    )
    others: dict[str, Callable[[], bytes]] = {
        "a photo": p.jpeg,
        "a video": v.made,
        "a word processor's file": p.zip_archive,
        "an older word processor's file": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000),
        "a program": lambda: b"MZ" + bytes(3000),
        "a text": lambda: "推荐意见".encode() * 20,
        "a pdf behind a line feed": lambda: b"\n" + _pdf(),
    }
    for name, make in others.items():
        yield refused(f"{name} where a document is due", make, "wrong-format", rule=_RULE)
    yield refused("a large photo where a document is due", p.jpeg, "document-too-large", "wrong-format", rule=_SMALL)
    yield refused("an empty document", lambda: b"", "empty-file", rule=_RULE)
