"""PDFs made byte by byte, so that each may be wrong in one place; those that need a writer are made by one."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pikepdf
from PIL import Image

from tests.media_corpus import photos as p

_BLOCK = 1024 * 1024
A4 = b"[0 0 595 842]"


class Draft:
    """Objects in the order in which they are added, numbered from 1; `{n}` is left to the writer of each."""

    def __init__(self) -> None:
        self.objects: list[bytes] = []

    def add(self, body: bytes) -> int:
        self.objects.append(body)
        return len(self.objects)

    def stream(self, data: bytes, entries: bytes = b"") -> int:
        return self.add(b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data))

    def put(self, number: int, body: bytes) -> None:
        self.objects[number - 1] = body

    def file(self, root: int, *, trailer: bytes = b"", header: bytes = b"%PDF-1.7\n%\xe4\xbd\xa0\n") -> bytes:
        """With a cross-reference table that is right."""
        out = bytearray(header)
        places = []
        for number, body in enumerate(self.objects, 1):
            places.append(len(out))
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        out += b"trailer\n<</Size %d/Root %d 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (
            len(places) + 1,
            root,
            trailer,
            start,
        )
        return bytes(out)


@cache
def scan() -> bytes:
    """A page of a form as a scanner sees it."""
    return p.jpeg(620, 877, mode="L")


def picture_of(width: int = 620, height: int = 877, *, space: bytes = b"/DeviceGray") -> bytes:
    """The entries of an image that is a JPEG file."""
    return b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace%s/Filter/DCTDecode" % (
        width,
        height,
        space,
    )


def paper(
    pictures: Sequence[tuple[bytes, bytes]] = (),
    *,
    pages: int = 1,
    page: bytes = b"",
    box: bytes = b"/MediaBox" + A4,
    catalog: bytes = b"",
    content: bytes | None = None,
    more: Callable[[Draft], dict[str, bytes] | None] = lambda _draft: None,
    trailer: bytes = b"",
    header: bytes = b"%PDF-1.7\n%\xe4\xbd\xa0\n",
) -> bytes:
    """A document of `pages` pages, each showing the pictures: (entries, data), by default a scan.

    `more` adds objects and returns what else goes into the catalog and the first page.
    """
    draft = Draft()
    root, tree = draft.add(b""), draft.add(b"")
    shown = pictures or ((picture_of(), scan()),)
    numbers = [draft.stream(data, entries) for entries, data in shown]
    drawn = content if content is not None else b"".join(b"q 595 0 0 842 0 0 cm /I%d Do Q\n" % n for n in numbers)
    said = draft.stream(drawn)
    font = draft.add(b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    names = b"".join(b"/I%d %d 0 R" % (n, n) for n in numbers)
    resources = b"<</XObject<<%s>>/Font<</F1 %d 0 R>>>>" % (names, font)
    added = more(draft) or {}
    kids = []
    for number in range(pages):
        own = added.get("page", b"") + page if number == 0 else b""
        kids.append(draft.add(b"<</Type/Page/Parent %d 0 R%s/Contents %d 0 R%s>>" % (tree, box, said, own)))
    references = b" ".join(b"%d 0 R" % kid for kid in kids)
    draft.put(tree, b"<</Type/Pages/Count %d/Resources %s/Kids[%s]>>" % (pages, resources, references))
    draft.put(root, b"<</Type/Catalog/Pages %d 0 R%s%s>>" % (tree, added.get("catalog", b""), catalog))
    return draft.file(root, trailer=trailer, header=header)


def flate_picture(width: int = 300, height: int = 400, *, lines: int | None = None) -> tuple[bytes, bytes]:
    """(entries, data) of an RGB image that is packed as PNG packs; `lines`: how many are there."""
    line = bytes((2,)) + bytes((17, 3, 90)) * width
    data = zlib.compress(line * (height if lines is None else lines))
    entries = (
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/FlateDecode"
        b"/DecodeParms<</Predictor 15/Colors 3/Columns %d>>" % (width, height, width)
    )
    return entries, data


def rewritten(content: bytes, **options: Any) -> bytes:
    """As a program writes it that writes everything anew."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(out, **options)
    return out.getvalue()


def by_pillow(mode: str) -> bytes:
    """1: fax coding; RGBA: JPEG 2000; P: an indexed picture."""
    out = io.BytesIO()
    with Image.open(io.BytesIO(scan())) as picture:
        picture.convert(mode).save(out, "PDF", resolution=75)
    return out.getvalue()


def updated(content: bytes, number: int, body: bytes, root: int = 1) -> bytes:
    """An incremental update that replaces one object."""
    start = int(content[content.rindex(b"startxref") :].split()[1])
    at = len(content)
    added = b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, at)
    size = content.count(b" obj\n") + 1
    end = b"trailer\n<</Size %d/Root %d 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, start, at + len(added))
    return content + added + table + end


def deflated(count: int, times: int = 1) -> bytes:
    """`count` zero bytes, in whole megabytes, packed so many times over.

    A block that is flushed in full stands by itself, so one that was packed once serves for all.
    """
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packing.compress(bytes(_BLOCK)) + packing.flush(zlib.Z_FULL_FLUSH)
    blocks = count // _BLOCK
    check = (blocks * _BLOCK % 65521 << 16 | 1).to_bytes(4)
    data = b"\x78\xda" + block * blocks + b"\x03\x00" + check
    for _ in range(times - 1):
        data = zlib.compress(data, 9)
    return data


def doubling(levels: int = 40) -> bytes:
    """Drawings that each draw the next one twice: 2 to the power of `levels` at the end."""

    def more(draft: Draft) -> dict[str, bytes]:
        inner = draft.stream(b"0 0 1 1 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 600 850]")
        for _ in range(levels):
            entries = b"/Type/XObject/Subtype/Form/BBox[0 0 600 850]/Resources<</XObject<</X %d 0 R>>>>" % inner
            inner = draft.stream(b"/X Do 0.9 0 0 0.9 1 1 cm /X Do", entries)
        return {"page": b"/Annots[<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 595 842]/AP<</N %d 0 R>>>>]" % inner}

    return paper(more=more)


def packed_objects(count: int) -> bytes:
    """An object stream that unpacks to `count` bytes."""
    data = deflated(count)
    draft = Draft()
    draft.add(b"<</Type/Catalog/Pages 2 0 R>>")
    draft.add(b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    draft.add(b"<</Type/Page/Parent 2 0 R/MediaBox" + A4 + b">>")
    draft.stream(data, b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode")
    out = bytearray(b"%PDF-1.5\n")
    places = []
    for number, body in enumerate(draft.objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    rows = [(0, 0, 255), *((1, place, 0) for place in places), (1, start, 0)] + [(0, 0, 0)] * 3 + [(2, 4, 0)]
    table = b"".join(bytes((kind,)) + at.to_bytes(4) + bytes((rest,)) for kind, at, rest in rows)
    out += b"5 0 obj\n<</Type/XRef/Size %d/Root 1 0 R/W[1 4 1]/Length %d>>stream\n" % (len(rows), len(table))
    out += table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def album(pages: int, width: int, height: int) -> bytes:
    """A picture of its own on each page."""
    draft = Draft()
    root, tree = draft.add(b"<</Type/Catalog/Pages 2 0 R>>"), draft.add(b"")
    data = p.jpeg(width, height, mode="L", quality=60)
    kids = []
    for _ in range(pages):
        shown = draft.stream(data, picture_of(width, height))
        said = draft.stream(b"q 595 0 0 842 0 0 cm /I Do Q")
        names = b"/Resources<</XObject<</I %d 0 R>>>>" % shown
        kids.append(draft.add(b"<</Type/Page/Parent 2 0 R/MediaBox" + A4 + names + b"/Contents %d 0 R>>" % said))
    draft.put(tree, b"<</Type/Pages/Count %d/Kids[%s]>>" % (pages, b" ".join(b"%d 0 R" % kid for kid in kids)))
    return draft.file(root)
