"""The two small servers at the edges: the one origin, and the mail sink."""

from __future__ import annotations

import json
import smtplib
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import psutil
import pytest

from infra.stack.caddy import Caddy
from infra.stack.config import ROOT
from infra.stack.process import Program, accepts, free_ports
from infra.web.problems import GATEWAY, NOT_FOUND, TOO_LARGE, Problem, ProblemType
from tests.support.polling import wait_until
from tests.support.servers import Servers


class Echo(BaseHTTPRequestHandler):
    """Says which service was asked, and for what."""

    service = ""

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        read = len(self.rfile.read(length))
        body = json.dumps({"service": self.service, "path": self.path, "read": read}).encode() + b" " * 2000
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - http.server's own name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def origin(servers: Servers) -> Iterator[Caddy]:
    ports = free_ports(5)
    behind_it = dict(zip(("intake", "review", "notify", "files"), ports[1:], strict=True))
    caddy = Caddy(servers.folder / "caddy", ports[0], **behind_it, mark="mark")
    behind = []
    for service, port in behind_it.items():
        if service == "notify":  # it is down
            continue
        handler = type("Handler", (Echo,), {"service": service})
        behind.append(ThreadingHTTPServer(("127.0.0.1", port), handler))
        Thread(target=behind[-1].serve_forever, daemon=True).start()
    caddy.prepare()
    running = psutil.Process(servers.run(caddy.program()))
    wait_until(lambda: accepts(caddy.port))
    listening = {one.laddr for one in running.net_connections() if one.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", caddy.port)}, "it must not listen anywhere else"
    yield caddy
    for server in behind:
        server.shutdown()
        server.server_close()


def assert_problem(answer: httpx.Response, problem: ProblemType, path: str) -> None:
    """It refuses as a service would."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.status_code == problem.status
    assert answer.json() == Problem(problem).body(path)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "intake"),
        ("/api/intake/v1/campaigns", "intake"),
        ("/api/review/v1/cases?state=open", "review"),
        ("/list/cls-2017", "review"),
        ("/api/files/v1/entries/x/archive.zip", "files"),
        ("/anything/else", "intake"),
    ],
)
def test_origin_leads_to_the_service_of_the_path(origin: Caddy, path: str, service: str) -> None:
    answer = httpx.get(origin.url + path, trust_env=False)
    assert (answer.json()["service"], answer.json()["path"]) == (service, path)
    assert answer.headers["content-encoding"] == "gzip"
    assert "caddy" not in answer.headers.get("server", "").lower()


@pytest.mark.parametrize("path", ["/metrics", "/api/intake/metrics", "/api/review/metrics", "/api/files/metrics"])
def test_origin_keeps_operators_figures_from_the_public(origin: Caddy, path: str) -> None:
    assert_problem(httpx.get(origin.url + path, trust_env=False), NOT_FOUND, path)


def test_origin_can_be_told_from_another_stacks(origin: Caddy) -> None:
    url = origin.program().ready_url
    assert url is not None
    assert httpx.get(url, trust_env=False).text == "ok"
    other = httpx.get(f"{origin.url}/stack-other", trust_env=False)
    assert other.json()["service"] == "intake"


def test_origin_refuses_a_huge_body(origin: Caddy) -> None:
    answer = httpx.post(f"{origin.url}/api/intake/v1/x", content=b"x" * (3 << 20), trust_env=False)
    assert_problem(answer, TOO_LARGE, "/api/intake/v1/x")


def test_origin_says_in_two_languages_that_a_service_is_down(origin: Caddy) -> None:
    path = "/api/notify/v1/%22contact%22"  # a quote in the path is not one of the answer
    answer = httpx.get(f"{origin.url}{path}?token=t", trust_env=False, timeout=20)
    assert_problem(answer, GATEWAY, path)


def _mail(number: int) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "laurel@example.org", f"unit{number}@example.org"
    mail["Subject"], mail["Message-ID"] = f"回执 {number}", f"<{number}@laurel.example>"
    mail.set_content("申报材料已收到。\n.\n..\n末行")
    return mail


def test_sink_writes_every_mail_and_its_message_id(servers: Servers, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    argv = (sys.executable, "-m", "infra.stack.smtp_sink", "--port", str(port), "--directory", str(tmp_path))
    servers.run(Program("smtp", argv, cwd=str(ROOT)))
    wait_until(lambda: accepts(port))

    def send(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as smtp:
            smtp.send_message(_mail(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, range(40)))

    index = [json.loads(line) for line in (tmp_path / "index.jsonl").read_text().splitlines()]
    assert {line["message_id"] for line in index} == {f"<{n}@laurel.example>" for n in range(40)}
    assert {line["file"] for line in index} == {path.name for path in (tmp_path / "new").iterdir()}
    assert list((tmp_path / "tmp").iterdir()) == []
    assert "回执 7" in {line["subject"] for line in index}
