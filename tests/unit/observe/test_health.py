"""The health server, with a loop that answers and one that does not."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Self

import pytest

from infra.observe import health
from infra.observe.health import HealthServer


class Loop:
    """A worker's loop: beats until it is stopped or told to be stuck."""

    def __init__(self) -> None:
        self.reasons: dict[str, str | None] = {"consumers": None, "relay": None}
        self.server = HealthServer("127.0.0.1", 0, lambda: self.reasons, sockets=socket, threads=threading)
        self.stuck = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self.server.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self.server.stop()

    def _run(self) -> None:
        while not self._ended.wait(0.01):
            if not self.stuck.is_set():
                self.server.beat()

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        connection.request(method, path)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        return response.status, body


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as loop:
        yield loop


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(health, "STUCK_SECONDS", 0.3)


def test_ready_when_no_part_has_a_reason_not_to_be(loop: Loop) -> None:
    status, body = loop.get("/ready")
    assert status == 200
    assert json.loads(body) == {"ready": True, "checks": {"consumers": True, "relay": True}, "reasons": {}}


def test_not_ready_names_the_reason(loop: Loop) -> None:
    loop.reasons["relay"] = "refused"
    status, body = loop.get("/ready?x=1")
    assert status == 503
    assert json.loads(body)["reasons"] == {"relay": "refused"}
    assert json.loads(body)["checks"] == {"consumers": True, "relay": False}
    assert loop.get("/live")[0] == 200


def test_metrics_are_those_of_prometheus(loop: Loop) -> None:
    status, body = loop.get("/metrics")
    assert status == 200
    assert "# TYPE laurel_" in body or "# TYPE python_info" in body


@pytest.mark.usefixtures("impatient")
def test_stuck_loop_is_neither_live_nor_ready_until_it_comes_round(loop: Loop) -> None:
    loop.stuck.set()
    deadline = time.monotonic() + 5
    while loop.get("/live")[0] == 200:
        assert time.monotonic() < deadline
    assert "has not come round" in loop.get("/live")[1]
    assert loop.get("/ready")[0] == loop.get("/metrics")[0] == 503

    loop.stuck.clear()
    deadline = time.monotonic() + 5
    while loop.get("/ready")[0] == 503:
        assert time.monotonic() < deadline
    assert loop.get("/live")[0] == 200


def test_other_paths_and_methods_are_refused(loop: Loop) -> None:
    assert loop.get("/")[0] == 404
    assert loop.get("/live", "POST")[0] == 405
    assert loop.get("/live", "HEAD") == (200, "")


@pytest.mark.parametrize("request_octets", [b"", b"\r\n\r\n", b"\xff\xfe", b"GET", b"A" * 10_000])
def test_nonsense_does_not_end_the_server(loop: Loop, request_octets: bytes) -> None:
    with socket.create_connection(("127.0.0.1", loop.server.port), timeout=5) as client:
        client.sendall(request_octets)
    assert loop.get("/live")[0] == 200
