"""The health server of a worker: /live, /ready, /metrics, from a thread that a stuck worker cannot hold up.

A worker that computes without end, or waits inside C code, answers nothing by itself. This server runs in a thread of
the operating system, and asks the worker's own loop for what only that may tell; when the loop does not come round,
/live says so and a supervisor can replace the process.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

STUCK_SECONDS = 10.0
"""A loop that has not come round for so long is taken for stuck."""

ANSWER_SECONDS = 2.0
_REQUEST_OCTETS = 4096
_JSON = "application/json"
_REASONS = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}


class HealthServer:
    """Serves one worker's health on `host:port`.

    `checks` tells, in the worker's loop, why each part is not ready (None: it is). `sockets` and `threads` are the
    modules socket and threading to use: under eventlet the original ones, since a patched lock may not be shared with
    a real thread. The worker's loop calls beat() several times a second.
    """

    def __init__(
        self,
        host: str,
        port: int,
        checks: Callable[[], Mapping[str, str | None]],
        *,
        sockets: ModuleType,
        threads: ModuleType,
    ) -> None:
        self._checks = checks
        self._beaten = time.monotonic()
        self._asked = False
        self._ready: Mapping[str, str | None] = {}
        self._metrics = b""
        self._answered: Any = threads.Event()
        self._listener: Any = sockets.create_server((host, port))
        self.port: int = self._listener.getsockname()[1]
        self._thread: Any = threads.Thread(target=self._serve, name="laurel-health", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def beat(self) -> None:
        """Called by the worker's loop: it is alive; and here is what it was asked for."""
        self._beaten = time.monotonic()
        if self._asked:
            self._asked = False
            self._ready = self._checks()
            self._metrics = generate_latest()
            self._answered.set()

    def stop(self) -> None:
        """Stop serving. Closing alone would not wake a thread that waits in accept()."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _ask(self) -> bool:
        """Have the worker's loop answer; False if it did not in time."""
        self._answered.clear()
        self._asked = True
        return bool(self._answered.wait(ANSWER_SECONDS))

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # stop() closed the listener
            with client:
                client.settimeout(ANSWER_SECONDS)
                try:
                    line = client.recv(_REQUEST_OCTETS).split(b"\r\n", 1)[0].decode("latin-1")
                    client.sendall(self._response(line))
                except OSError:
                    continue  # who asked has gone

    def _response(self, line: str) -> bytes:
        """The response to a request line."""
        method, _, rest = line.partition(" ")
        status, kind, body = self._answer(rest.partition(" ")[0].partition("?")[0])
        if method not in {"GET", "HEAD"}:
            status, kind, body = 405, _JSON, b'{"error": "GET only"}'
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + (b"" if method == "HEAD" else body)

    def _answer(self, path: str) -> tuple[int, str, bytes]:
        if path == "/live":
            return self._live()
        if path not in {"/ready", "/metrics"}:
            return 404, _JSON, b'{"error": "there are /live, /ready and /metrics"}'
        if not self._ask():
            return _object(503, {"ready": False, "reasons": {"worker": "its loop does not answer"}})
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, self._metrics
        reasons = {name: reason for name, reason in self._ready.items() if reason is not None}
        checks = {name: reason is None for name, reason in self._ready.items()}
        return _object(503 if reasons else 200, {"ready": not reasons, "checks": checks, "reasons": reasons})

    def _live(self) -> tuple[int, str, bytes]:
        silent = time.monotonic() - self._beaten
        alive = silent < STUCK_SECONDS
        answer: dict[str, object] = {"live": alive}
        if not alive:
            answer["reason"] = f"the worker's loop has not come round for {silent:.0f} s"
        return _object(200 if alive else 503, answer)


def _object(status: int, answer: Mapping[str, object]) -> tuple[int, str, bytes]:
    return status, _JSON, json.dumps(answer, ensure_ascii=False).encode()
