"""What the children of the pool can do: judge a file, make a rendition of one."""

from __future__ import annotations

import codecs
from contextlib import suppress
from typing import Any

import av
import numpy as np
import pymediainfo
import simplejpeg
from PIL import Image

from contracts.campaign import MaterialRule
from services.media.formats.sniff import TEXT_ENCODINGS
from services.media.judge import judge
from services.media.pool.child import ParentSource, Work
from services.media.pool.wire import Answer
from services.media.rendition import Rendition, render_photo, render_poster


def _judge(arguments: dict[str, Any], source: ParentSource) -> Answer:
    rule = MaterialRule.model_validate(arguments["rule"])
    return Answer(judge(source, rule).model_dump(mode="json"))


def _render(arguments: dict[str, Any], source: ParentSource) -> Answer:
    rendition: Rendition = {"photo": render_photo, "video": render_poster}[arguments["kind"]](source)
    return Answer({"width": rendition.width, "height": rendition.height}, rendition.content)


WORK: dict[str, Work] = {"judge": _judge, "render": _render}


def warm_up() -> None:
    """Load everything that is loaded on first use: afterwards there is no file system to load it from."""
    picture = simplejpeg.encode_jpeg(np.zeros((16, 16, 3), np.uint8))
    simplejpeg.decode_jpeg(picture, colorspace="GRAY", min_factor=8, min_height=1, min_width=1)
    Image.preinit()
    Image.init()
    for encoding in TEXT_ENCODINGS:
        codecs.lookup(encoding)
    av.CodecContext.create("h264", "r").open()
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
