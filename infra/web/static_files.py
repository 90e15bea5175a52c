"""Style sheets, scripts and pictures of pages: served by name, kept by browsers for as long as their content stays."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).with_name("static")
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Content-Security-Policy of a page without scripts. Pico's style sheet holds its little pictures as data."""

_FOR_EVER = "public, max-age=31536000, immutable"
_A_WHILE = "public, max-age=300"


@cache
def static_url(name: str, folder: Path = FOLDER, prefix: str = "") -> str:
    """The address of a file, with a mark of its content, so that it may be kept for ever."""
    mark = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
    return f"/static/{prefix}/{name}?v={mark}" if prefix else f"/static/{name}?v={mark}"


@dataclass(frozen=True, slots=True)
class ImportMap:
    """Where each module is: whoever imports it by its plain name gets the one marked address, and loads it once.

    A browser that knows no import maps imports by plain names, as they stand; it may load a module twice.
    """

    text: str

    @property
    def source(self) -> str:
        """What a Content-Security-Policy calls this one inline script."""
        return f"'sha256-{base64.b64encode(hashlib.sha256(self.text.encode()).digest()).decode()}'"


def import_map(folder: Path, prefix: str) -> ImportMap:
    """The map of the shared modules and of a service's own. Vendored scripts are no modules."""
    named = [("", FOLDER), (prefix, folder)]
    urls = [
        static_url(script.name, place, under)
        for under, place in named
        for script in sorted(place.glob("*.js"))
        if ".min" not in script.suffixes
    ]
    return ImportMap(json.dumps({"imports": {url.partition("?")[0]: url for url in urls}}, separators=(",", ":")))


class _Marked(StaticFiles):
    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        answer = super().file_response(full_path, stat_result, scope, status_code)
        answer.headers["Cache-Control"] = _FOR_EVER if scope["query_string"].startswith(b"v=") else _A_WHILE
        return answer


def mount_static(app: FastAPI, folder: Path = FOLDER, prefix: str = "") -> None:
    """Serve the files at /static, or those of a service at /static/<prefix>: these must be mounted first."""
    path = f"/static/{prefix}" if prefix else "/static"
    app.mount(path, _Marked(directory=folder), name=path.strip("/"))
