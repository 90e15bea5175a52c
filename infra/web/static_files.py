"""Style sheets, scripts and pictures of pages: served by name, kept by browsers for as long as their content stays."""

from __future__ import annotations

import hashlib
import os
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
