"""The process kind `files` in this process, over real HTTP, on the database and storage of a running intake."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from services.intake.files import build_files
from services.intake.files.printing import Printer
from services.intake.library import StoredLibrary
from tests.integration.intake.desk import PUBLIC_URL, Caller, Intake
from tests.support.servers import S3

API = "/api/files/v1"


@dataclass
class Files:
    """A running `files`."""

    app: FastAPI
    url: str
    intake: Intake

    def get(self, who: Caller, path: str, **params: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {who.token}"} if who.token else {}
        return httpx.get(f"{self.url}{API}{path}", params=params, headers=headers, timeout=60, trust_env=False)


@contextmanager
def serving_files(intake: Intake, s3: S3) -> Iterator[Files]:
    library = StoredLibrary(endpoint=s3.endpoint, access_key=s3.access_key, secret_key=s3.secret_key)
    callers = intake.app.state.callers
    app = build_files(intake.ports, intake.store, callers._verifier, library, Printer(PUBLIC_URL))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, loop="uvloop", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + 10
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield Files(app, f"http://127.0.0.1:{port}", intake)
    finally:
        server.should_exit = True
        thread.join(10)
        app.state.printer.press.close()


def submitted(unit: Caller, campaign: str, photos: Mapping[str, bytes], **texts: str) -> dict[str, Any]:
    """A story with photos, handed in; its entry as the api shows it afterwards."""
    entry = unit.written(campaign, "story")
    if texts:
        entry = unit.save(entry, **texts)
    for name, content in photos.items():
        unit.upload(entry, content, name)
    assert unit.submit(entry).status == 201
    return unit.get(f"/entries/{entry['entry_id']}").ok()
