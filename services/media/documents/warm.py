"""One small document, looked at before a child process gives up its file system."""

from __future__ import annotations

import io

from pikepdf import Encryption

from services.media.documents.render import pages_of
from services.media.documents.structure import opened, read_paper

_OBJECTS = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
)


def warm_up_documents() -> None:
    """Both libraries load what they load on first use."""
    content = _smallest()
    with opened(content) as pdf:
        read_paper(pdf, 1)
        # Reading what is encrypted takes random numbers, whose source is opened once.
        pdf.Root["/Metadata"] = pdf.make_stream(b"<x/>")
        pdf.save(io.BytesIO(), encryption=Encryption(owner="x", user="", R=4))
    with pages_of(content) as pages:
        pages.look(1)


def _smallest() -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(_OBJECTS, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    lines = b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"xref\n0 4\n0000000000 65535 f \n%strailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        lines,
        start,
    )
    return bytes(out)
