"""What the children of the pool can do: judge a file, make a rendition of one."""

from __future__ import annotations

import base64
import codecs
import io
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

import av
import numpy as np
import pymediainfo
import simplejpeg
from PIL import Image, ImageCms

from contracts.campaign import MaterialRule
from services.media.documents import render_first_page, warm_up_documents
from services.media.formats.sniff import TEXT_ENCODINGS
from services.media.judge import judge
from services.media.pictures import MIRRORED, Rendered, correlations, fingerprint, render_photo, render_poster
from services.media.pictures.pixels import scaled
from services.media.pool.child import ParentSource, Work
from services.media.pool.wire import Answer


def _judge(arguments: dict[str, Any], source: ParentSource) -> Answer:
    rule = MaterialRule.model_validate(arguments["rule"])
    return Answer(judge(source, rule, arguments.get("resume")).model_dump(mode="json"))


def _render(arguments: dict[str, Any], source: ParentSource) -> Answer:
    rendered: Rendered = {"photo": render_photo, "video": render_poster}[arguments["kind"]](source)
    made = [
        {
            "side": picture.side,
            "format": picture.format,
            "width": picture.width,
            "height": picture.height,
            "bytes": len(picture.content),
        }
        for picture in rendered.pictures
    ]
    content = b"".join(picture.content for picture in rendered.pictures)
    told: dict[str, Any] = {"pictures": made, "placeholder": rendered.placeholder}
    if rendered.fingerprint is not None:
        told["looks"] = {
            "hashes": [f"{whole:016x}" for whole in rendered.fingerprint.hashes],
            "mirrored": f"{MIRRORED:016x}",
            "thumbnail": base64.b64encode(rendered.fingerprint.thumbnail).decode(),
            "telling": rendered.fingerprint.telling,
        }
    if rendered.captured is not None:
        told["captured"] = asdict(rendered.captured)
    return Answer(told, content)


def _preview(_arguments: dict[str, Any], source: ParentSource) -> Answer:
    content, width, height = render_first_page(source)
    return Answer({"width": width, "height": height}, content)


def _compare(arguments: dict[str, Any], _source: ParentSource) -> Answer:
    others = [(base64.b64decode(other), mirrored) for other, mirrored in arguments["others"]]
    return Answer({"correlations": correlations(base64.b64decode(arguments["thumbnail"]), others)})


WORK: dict[str, Work] = {"judge": _judge, "render": _render, "preview": _preview, "compare": _compare}


def warm_up() -> None:
    """Load everything that is loaded on first use: afterwards there is no file system to load it from."""
    picture = simplejpeg.encode_jpeg(np.zeros((16, 16, 3), np.uint8))
    simplejpeg.decode_jpeg(picture, colorspace="GRAY", min_factor=8, min_height=1, min_width=1)
    Image.preinit()
    Image.init()
    for encoding in TEXT_ENCODINGS:
        codecs.lookup(encoding)
    for kind in ("JPEG", "WEBP"):
        Image.new("RGB", (16, 16)).save(io.BytesIO(), kind)
    ImageCms.createProfile("sRGB")
    scaled(Image.new("RGB", (32, 32)), (16, 16))
    thumbnail = fingerprint(Image.new("RGB", (16, 16))).thumbnail
    correlations(thumbnail, [(thumbnail, True)])
    datetime.strptime("2000", "%Y")  # noqa: DTZ007 - for the module behind it alone
    av.CodecContext.create("h264", "r").open()
    warm_up_documents()
    with suppress(RuntimeError):
        pymediainfo.MediaInfo.parse(_Nothing(), parse_speed=-1)


class _Nothing:
    """An empty file."""

    def seek(self, _offset: int, _whence: int = 0) -> int:
        return 0

    def tell(self) -> int:
        return 0

    def read(self, _size: int = -1) -> bytes:
        return b""
