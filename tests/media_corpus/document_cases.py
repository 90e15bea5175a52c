"""Documents: sound scans and prints, and everything that must not reach those who open them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pikepdf

from tests.media_corpus import papers as d
from tests.media_corpus import photos as p
from tests.media_corpus import videos as v
from tests.media_corpus.case import Case, document_rule, refused
from tests.media_corpus.papers import Draft, paper

_RULE = document_rule()
_BOTH = document_rule(formats=("PDF", "JPEG"))
_SMALL = document_rule(max_bytes=1000)
_TWO_PAGES = document_rule(min_pages=2, max_pages=2)
_SCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
_LETTERS = b"BT /F1 24 Tf 72 700 Td (Recommendation form, signed) Tj ET"

Makers = dict[str, Callable[[], bytes]]


def cases() -> Iterator[Case]:
    yield from _sound()
    yield from _sound_pictures()
    for name, make in _active().items():
        yield refused(f"pdf: {name}", make, "active-content", rule=_RULE)
    for name, make in _torn().items():
        yield refused(f"pdf: {name}", make, "unreadable", rule=_RULE)
    yield from _around()
    yield from _locked()
    yield from _bounds()
    yield from _something_else()


def _sound() -> Iterator[Case]:
    one = {"format": "PDF", "pages": 1, "page_width": 209.9, "page_height": 297.0, "blank_pages": None}
    makers: Makers = {
        "a scanned page": paper,
        "print": lambda: paper(content=_LETTERS),
        "a packed picture": lambda: paper([d.flate_picture()]),
        "every object in streams": lambda: d.rewritten(paper(), object_stream_mode=pikepdf.ObjectStreamMode.generate),
        "linearized": lambda: d.rewritten(paper(), linearize=True),
        "version 2.0": lambda: paper(header=b"%PDF-2.0\n%\xff\xff\xff\xff\n"),
        "an incremental update": lambda: d.updated(paper(), 5, b"<</Type/Font/Subtype/Type1/BaseFont/Courier>>"),
        "zero padding behind the end": lambda: paper() + bytes(700) + b"\r\n",
        "a link to a web page": partial(
            paper, page=b"/Annots[<</Type/Annot/Subtype/Link/Rect[9 9 99 99]/A<</S/URI/URI(https://www.nlc.cn)>>>>]"
        ),
        "opens at its first page": partial(paper, catalog=b"/OpenAction<</S/GoTo/D[3 0 R /Fit]>>"),
        "opens at a place": partial(paper, catalog=b"/OpenAction[3 0 R /Fit]"),
        "a role that is called like an action": partial(
            paper, catalog=b"/StructTreeRoot<</Type/StructTreeRoot/K<</Type/StructElem/S/Sound>>>>"
        ),
        "a form that is filled in": partial(
            paper, catalog=b"/AcroForm<</Fields[<</FT/Tx/T(name)/V(Library)/AA<<>>>>]/NeedAppearances true>>"
        ),
        "a stamp": lambda: paper(more=_stamp),
        "its owner's password alone": lambda: d.rewritten(paper(), encryption=pikepdf.Encryption(owner="o", user="")),
        "a picture of four colours": lambda: paper(
            [(d.picture_of(300, 400, space=b"/DeviceCMYK/Decode[1 0 1 0 1 0 1 0]"), p.jpeg(300, 400, mode="CMYK"))]
        ),
    }
    for name, make in makers.items():
        yield Case(f"pdf: {name}", make, facts={"pages": 1}, rule=_RULE)
    yield Case("pdf: as scanned", paper, facts=one, rule=_RULE)
    yield Case("pdf: three pages", lambda: paper(pages=3), facts={"pages": 3}, rule=_RULE)
    yield Case("pdf: as many pages as asked for", lambda: paper(pages=2), facts={"pages": 2}, rule=_TWO_PAGES)
    blank = lambda: paper(pages=2, content=b"", more=_drawn_on_the_first)  # noqa: E731 - one line of a table
    yield Case("pdf: a blank back", blank, facts={"pages": 2, "blank_pages": (2,)}, rule=_RULE)
    yield Case(
        "pdf: turned", lambda: paper(page=b"/Rotate 90"), facts={"page_width": 297.0, "page_height": 209.9}, rule=_RULE
    )
    large = lambda: paper(box=b"/MediaBox[0 0 842 1191]")  # noqa: E731 - one line of a table
    yield Case("pdf: A3", large, facts={"page_width": 297.0, "page_height": 420.2}, rule=_RULE)
    for mode, name in (("1", "fax coding"), ("RGBA", "JPEG 2000"), ("P", "a palette")):
        yield Case(f"pdf: {name}", partial(d.by_pillow, mode), facts={"pages": 1}, rule=_RULE)


def _sound_pictures() -> Iterator[Case]:
    facts = {"format": "JPEG", "pages": 1, "width": 620, "height": 877}
    yield Case("a scan as jpeg", d.scan, facts=facts, rule=_BOTH)
    yield Case("a pdf where pictures are taken, too", paper, facts={"format": "PDF"}, rule=_BOTH)
    yield refused("half a scan as jpeg", lambda: p.half(d.scan()), "truncated", rule=_BOTH)
    yield refused("a zeroed scan as jpeg", lambda: p.zeroed_scan(d.scan(), 0.0), "unreadable", rule=_BOTH)
    yield refused("zip behind a scan", lambda: d.scan() + p.zip_archive(), "trailing-data", rule=_BOTH)
    hidden = lambda: p.with_segment(d.scan(), 0xFE, paper(content=b""))  # noqa: E731 - one line of a table
    yield refused("a pdf inside a scan's comment", hidden, "trailing-data", rule=_BOTH)
    two = document_rule(formats=("JPEG",), min_pages=2)
    yield refused("one picture where two pages are due", d.scan, "too-few-pages", rule=two)


def _stamp(draft: Draft) -> dict[str, bytes]:
    drawn = draft.stream(b"1 0 0 rg 0 0 90 90 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 90 90]")
    return {"page": b"/Annots[<</Type/Annot/Subtype/Stamp/F 4/Rect[99 99 189 189]/AP<</N %d 0 R>>>>]" % drawn}


def _drawn_on_the_first(draft: Draft) -> dict[str, bytes]:
    return {"page": _stamp(draft)["page"]}


def _annotation(kind: bytes, more: bytes = b"") -> bytes:
    return b"/Annots[<</Type/Annot/Subtype/%s/Rect[9 9 99 99]%s>>]" % (kind, more)


def _linked(action: bytes) -> bytes:
    return _annotation(b"Link", b"/A" + action)


def _unused(body: bytes) -> Callable[[], bytes]:
    """An object that nothing refers to."""
    return lambda: paper(more=lambda draft: {} if draft.add(body) else None)


def _attached(draft: Draft) -> dict[str, bytes]:
    file = draft.stream(b"MZ a program", b"/Type/EmbeddedFile")
    spec = b"<</Type/Filespec/F(form.exe)/EF<</F %d 0 R>>>>" % file
    return {"catalog": b"/Names<</EmbeddedFiles<</Names[(form.exe)%s]>>>>" % spec}


def _active() -> Makers:
    field = b"<</FT/Tx/T(a)/AA<</K%s>>>>" % _SCRIPT
    return {
        "a script that runs when it is opened": partial(paper, catalog=b"/OpenAction" + _SCRIPT),
        "a script among its names": partial(paper, catalog=b"/Names<</JavaScript<</Names[(a)%s]>>>>" % _SCRIPT),
        "a script when the page is shown": partial(paper, page=b"/AA<</O%s>>" % _SCRIPT),
        "a script when it is closed": partial(paper, catalog=b"/AA<</WC%s>>" % _SCRIPT),
        "a script in a field": partial(paper, catalog=b"/AcroForm<</Fields[%s]>>" % field),
        "a script whose name is disguised": partial(
            paper, catalog=b"/Open#41ction<</S/#4aava#53cript/J#53(app.alert\\(1\\))>>"
        ),
        "a script behind a harmless action": partial(
            paper, page=_linked(b"<</S/GoTo/D[3 0 R/Fit]/Next[<</S/GoTo/D[3 0 R/Fit]/Next%s>>]>>" % _SCRIPT)
        ),
        "a script that nothing refers to": _unused(_SCRIPT),
        "a script in an object stream": lambda: d.rewritten(
            paper(catalog=b"/OpenAction" + _SCRIPT), object_stream_mode=pikepdf.ObjectStreamMode.generate
        ),
        "a script in an encrypted file": lambda: d.rewritten(
            paper(catalog=b"/OpenAction" + _SCRIPT), encryption=pikepdf.Encryption(owner="o", user="")
        ),
        "a script in a stream's dictionary": lambda: paper(
            more=lambda draft: {} if draft.stream(b"x", b"/A<</S/JavaScript/JS(1)>>") else None
        ),
        "a script that an update brings": lambda: d.updated(paper(), 5, _SCRIPT),
        "a program that is started": partial(paper, page=_linked(b"<</S/Launch/F(cmd.exe)>>")),
        "a form that is sent": partial(paper, page=_linked(b"<</S/SubmitForm/F(https://example.org)>>")),
        "data that are fetched": partial(paper, page=_linked(b"<</S/ImportData/F(a.fdf)>>")),
        "another file that is opened": partial(paper, page=_linked(b"<</S/GoToR/F(\\\\\\\\host\\\\a.pdf)/D[0/Fit]>>")),
        "a file inside that is opened": partial(paper, page=_linked(b"<</S/GoToE/T<</R/C/N(a)>>>>")),
        "a web page that opens by itself": partial(paper, catalog=b"/OpenAction<</S/URI/URI(https://example.org)>>"),
        "a print that starts by itself": partial(paper, catalog=b"/OpenAction<</S/Named/N/Print>>"),
        "an attached program": lambda: paper(more=_attached),
        "an attachment on the page": partial(paper, page=_annotation(b"FileAttachment", b"/FS<</F(a.exe)>>")),
        "a portfolio": partial(paper, catalog=b"/Collection<</View/D>>"),
        "sound": partial(paper, page=_annotation(b"Sound")),
        "a movie": partial(paper, page=_annotation(b"Movie")),
        "a screen with a rendition": partial(paper, page=_annotation(b"Screen", b"/A<</S/Rendition/OP 0>>")),
        "rich media": partial(paper, page=_annotation(b"RichMedia", b"/RichMediaContent<<>>")),
        "a model in three dimensions": partial(paper, page=_annotation(b"3D")),
        "an xfa form": partial(paper, catalog=b"/AcroForm<</Fields[]/XFA(<xdp/>)>>"),
        "a stream from another file": lambda: paper(
            more=lambda draft: {} if draft.stream(b"", b"/F(\\\\\\\\host\\\\share\\\\a)") else None
        ),
        "a page of another file": lambda: paper(
            more=lambda draft: (
                {} if draft.stream(b"", b"/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Ref<</F(a.pdf)>>") else None
            )
        ),
    }


def _replaced(content: bytes, old: bytes, new: bytes) -> bytes:
    """The same number of bytes, so that every place stays right."""
    assert len(old) == len(new)
    assert old in content
    return content.replace(old, new, 1)


def _cut(data: bytes, share: float) -> bytes:
    return data[: int(len(data) * share)]


def _torn() -> Makers:
    jpeg, entries = d.scan(), d.picture_of()
    flat, data = d.flate_picture()
    return {
        "cross-references that are wrong": lambda: _replaced(paper(), b"0000000014 00000 n", b"0000000099 00000 n"),
        "a byte put in": lambda: paper().replace(b"/Catalog", b"/Catalog ", 1).replace(b"1 0 obj\n", b"1 0 obj\n\n", 1),
        "no cross-references": lambda: paper().replace(b"xref", b"xerf", 1),
        "no trailer": lambda: _replaced(paper(), b"trailer", b"tarlier"),
        "a trailer without a root": lambda: paper().replace(b"/Root 1 0 R", b"/Boot 1 0 R", 1),
        "its index torn off, but an end": lambda: _cut(paper(), 0.9) + b"\n%%EOF\n",
        "a tree of pages that leads back": lambda: _tree(b"<</Type/Pages/Count 1/Kids[2 0 R 3 0 R]>>"),
        "a page listed twice": lambda: paper(pages=2).replace(b"/Kids[6 0 R 7 0 R]", b"/Kids[6 0 R 6 0 R]", 1),
        "no pages": lambda: paper(pages=0),
        "a page that is missing": lambda: paper(pages=2).replace(b"/Kids[6 0 R 7 0 R]", b"/Kids[6 0 R 9 0 R]", 1),
        "more pages claimed than there are": lambda: _replaced(paper(), b"/Count 1", b"/Count 2"),
        "a billion pages claimed": lambda: _counted(b"999999999"),
        "no page size": lambda: paper(box=b""),
        "a page size of words": lambda: paper(box=b"/MediaBox[(a)(b)(c)(d)]"),
        "half a picture": lambda: paper([(entries, jpeg[: len(jpeg) // 2])]),
        "half a picture, closed": lambda: paper([(entries, p.closed_half(jpeg))]),
        "a picture of zeros": lambda: paper([(entries, p.zeroed_scan(jpeg, 0.0))]),
        "a picture that is none": lambda: paper([(entries, b"no picture at all")]),
        "a packed picture of too few lines": lambda: paper([d.flate_picture(lines=100)]),
        "a packed picture that breaks off": lambda: paper([(flat, data[: len(data) // 2])]),
        "a packed picture that is damaged": lambda: paper([(flat, data[:20] + bytes(8) + data[28:])]),
        "packed content that breaks off": lambda: paper(more=_broken_content),
        "a picture without size": lambda: paper([(entries.replace(b"/Width 620", b""), jpeg)]),
        "a picture of gigapixels": lambda: paper([(d.picture_of(65000, 65000), jpeg)]),
        "a jpeg of gigapixels that claims little": lambda: paper([(entries, p.huge_frame(65000, 65000))]),
        "a picture of 400 scans": lambda: paper([(d.picture_of(64, 64), p.scan_bomb(400, 64, 64))]),
        "a jpeg 2000 picture of gigapixels": lambda: _replaced(
            d.by_pillow("RGBA"), b"\x00\x00\x02\x6c\x00\x00\x03\x6d", b"\x00\xff\x02\x6c\x00\xff\x03\x6d"
        ),
        "a length that is wrong": lambda: paper().replace(
            b"/Length %d" % len(jpeg), b"/Length %d" % (len(jpeg) // 2), 1
        ),
    }


def _counted(count: bytes) -> bytes:
    draft = Draft()
    root, tree, page = draft.add(b"<</Type/Catalog/Pages 2 0 R>>"), draft.add(b""), draft.add(b"")
    draft.put(tree, b"<</Type/Pages/Kids[3 0 R]/Count %s>>" % count)
    draft.put(page, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")
    return draft.file(root)


def _broken_content(draft: Draft) -> dict[str, bytes]:
    draft.stream(d.deflated(3_000_000)[:-9], b"/Filter/FlateDecode")
    return {}


def _around() -> Iterator[Case]:
    zipped, scan = p.zip_archive(), d.picture_of()
    within = b"%PDF-1.7\n% <script>alert(1)</script>\n"
    behind: Makers = {
        "zip behind it": lambda: paper() + zipped,
        "another pdf's text behind it": lambda: paper() + b"\nSecond version",
        "a script behind it": lambda: paper() + b"\n<script>alert(1)</script>",
        "a zip that it is the comment of": lambda: paper(header=b"%PDF-1.7\n%" + _zip_before_comment()),
        "a web page, too": lambda: paper(header=within),
    }
    for name, make in behind.items():
        yield refused(f"pdf: {name}", make, "trailing-data", rule=_RULE)
    yield refused("pdf: behind a line feed", lambda: b"\n" + paper(), "leading-data", rule=_RULE)
    yield refused("pdf: behind a picture's beginning", lambda: b"GIF89a" + paper(), "leading-data", rule=_RULE)
    yield refused("pdf: half of it", lambda: p.half(paper([(scan, d.scan())])), "truncated", rule=_RULE)
    yield refused("pdf: no end mark", lambda: paper().replace(b"%%EOF", b"", 1), "truncated", rule=_RULE)


def _zip_before_comment() -> bytes:
    """An archive whose end record takes all that follows for its comment."""
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.html", "<b>another content</b>")
    return out.getvalue().replace(b"\n", b"\r") + b"\n"


def _locked() -> Iterator[Case]:
    for name, how in {
        "aes": pikepdf.Encryption(owner="o", user="u"),
        "rc4": pikepdf.Encryption(owner="o", user="u", R=3, aes=False, metadata=False),
    }.items():
        make = partial(_encrypted, how)
        yield refused(f"pdf: a password to open it, {name}", make, "encrypted", rule=_RULE)
    silent = pikepdf.Encryption(owner="o", user="", allow=pikepdf.Permissions(print_lowres=False, print_highres=False))
    yield refused("pdf: not to be printed", partial(_encrypted, silent), "printing-forbidden", rule=_RULE)
    handler = lambda: paper(trailer=b"/Encrypt<</Filter/Adobe.PubSec/V 4/SubFilter/adbe.pkcs7.s5>>/ID[(a)(a)]")  # noqa: E731
    yield refused("pdf: encrypted for certificates", handler, "encrypted", rule=_RULE)


def _encrypted(how: pikepdf.Encryption) -> bytes:
    return d.rewritten(paper(), encryption=how)


def _bounds() -> Iterator[Case]:
    yield refused("pdf: a page too many", lambda: paper(pages=3), "too-many-pages", rule=_TWO_PAGES)
    yield refused("pdf: a page too few", paper, "too-few-pages", rule=_TWO_PAGES)
    yield refused("pdf: more pages than anybody reads", lambda: paper(pages=101), "too-many-pages", rule=_RULE)
    many = b"<</Type/Pages/Count 200000/Kids[" + b"3 0 R " * 200_000 + b"]>>"
    yield refused("pdf: one page listed 200 000 times", lambda: _tree(many), "too-many-pages", rule=_RULE)
    yield refused(
        "pdf: a page of kilometres", lambda: paper(box=b"/MediaBox[0 0 9999999 9999999]"), "wrong-page-size", rule=_RULE
    )
    yield refused(
        "pdf: a page of a square kilometre by its unit",
        lambda: paper(page=b"/UserUnit 9999"),
        "wrong-page-size",
        rule=_RULE,
    )
    yield refused("pdf: a page of a point", lambda: paper(box=b"/MediaBox[0 0 1 1]"), "wrong-page-size", rule=_RULE)
    yield refused("pdf: nothing on any page", lambda: paper(pages=2, content=b""), "blank-document", rule=_RULE)
    bomb = partial(_with_stream, partial(d.deflated, 200_000_000), b"/Filter/FlateDecode")
    yield refused("pdf: 200 MB out of 200 KB", bomb, "too-complex", rule=_RULE)
    twice = partial(_with_stream, partial(d.deflated, 400_000_000, 2), b"/Filter[/FlateDecode/FlateDecode]")
    yield refused("pdf: 400 MB packed twice over", twice, "too-complex", rule=_RULE)
    yield refused("pdf: 20 000 objects", lambda: paper(more=_crowd), "too-complex", rule=_RULE)
    layers = partial(_with_stream, lambda: b"x", b"/Filter[" + b"/ASCIIHexDecode" * 9 + b"]")
    yield refused("pdf: packed nine times over", layers, "unreadable", rule=_RULE)
    nested = b"[" * 90 + b"/F 1 " + b"]" * 90
    yield refused("pdf: arrays in arrays in arrays", _unused(nested), "unreadable", rule=_RULE)


def _with_stream(make: Callable[[], bytes], entries: bytes) -> bytes:
    """A stream that nothing refers to."""
    return paper(more=lambda draft: {} if draft.stream(make(), entries) else None)


def _crowd(draft: Draft) -> dict[str, bytes]:
    for _ in range(20_001):
        draft.add(b"0")
    return {}


def _tree(pages: bytes) -> bytes:
    draft = Draft()
    root = draft.add(b"<</Type/Catalog/Pages 2 0 R>>")
    draft.add(pages)
    draft.add(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")
    return draft.file(root)


def _something_else() -> Iterator[Case]:
    yield refused("a pdf too large", paper, "document-too-large", rule=_SMALL)
    others: Makers = {
        "a photo": p.jpeg,
        "a video": v.made,
        "a tiff of several pages": lambda: p.saved_as("TIFF"),
        "a word processor's file": p.zip_archive,
        "an older word processor's file": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000),
        "a program": lambda: b"MZ" + bytes(3000),
        "a text": lambda: "推荐意见".encode() * 20,
        "a pdf beyond where readers look": lambda: b"\n" * 2000 + paper(),
    }
    for name, make in others.items():
        yield refused(f"{name} where a document is due", make, "wrong-format", rule=_RULE)
    yield refused("a pdf where a picture is due", paper, "wrong-format", rule=document_rule(formats=("JPEG",)))
    yield refused("a large photo where a document is due", p.jpeg, "document-too-large", "wrong-format", rule=_SMALL)
    yield refused("an empty document", lambda: b"", "empty-file", rule=_RULE)
