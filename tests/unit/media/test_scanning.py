"""Scanning by clamd: its protocol over real sockets, and what a verdict does while it is away or will not scan."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from contracts.events import MaterialUploadedV1
from infra.bus.errors import Transient
from infra.observe.settings import SettingError
from services.media.domain import MATERIALS, Judgement, ScannerAwayError, ScannerError
from services.media.patience import patiently
from services.media.scanning import Clamd
from services.media.settings import scanner
from services.media.usecases import Media
from tests.support.clamd import NAME, SIGNATURE, FakeClamd, clamd_at, clamd_on_tcp
from tests.unit.media.fakes import Objects, Store, Workshop, delivery, published, uploaded, video_facts, whole_facts

INFECTED = b"a photo " + SIGNATURE
CLAMD = os.environ.get("CLAMD") or shutil.which("clamd") or "/usr/sbin/clamd"
"""Debian's clamav-daemon, where it is installed; it needs no signatures but those that a test brings."""


def _pour(content: bytes, put: Callable[[bytes], object]) -> None:
    for at in range(0, len(content), 100_000):
        put(content[at : at + 100_000])


@pytest.fixture(params=["tcp", "unix"])
def clamd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FakeClamd]:
    with clamd_on_tcp() if request.param == "tcp" else clamd_at(str(tmp_path / "clamd")) as server:
        yield server


@pytest.mark.parametrize("size", [0, 1, 65536, 1_000_000])
def test_every_byte_is_streamed_and_found_clean(clamd: FakeClamd, size: int) -> None:
    content = bytes(range(256)) * (size // 256) + bytes(size % 256)

    assert Clamd.at(clamd.name, 10).scan(partial(_pour, content)) is None

    assert clamd.seen == [content]


def test_signature_is_told_by_its_name(clamd: FakeClamd) -> None:
    assert Clamd.at(clamd.name, 10).scan(partial(_pour, bytes(200_000) + INFECTED)) == NAME


def test_file_beyond_what_clamd_takes_is_neither_clean_nor_infected() -> None:
    with clamd_on_tcp(most=50_000) as server, pytest.raises(ScannerError, match="size limit exceeded") as raised:
        Clamd.at(server.name, 10).scan(partial(_pour, bytes(5_000_000)))

    assert not isinstance(raised.value, ScannerAwayError), "waiting does not help"


def test_limit_within_a_file_is_no_virus() -> None:
    with clamd_on_tcp() as server:
        server.mood = "nonsense"
        with pytest.raises(ScannerError, match="Limits"):
            Clamd.at(server.name, 10).scan(partial(_pour, b"x"))


def test_clamd_that_hangs_up_or_is_silent_is_away() -> None:
    with clamd_on_tcp() as server:
        server.mood = "closing"
        with pytest.raises(ScannerAwayError):
            Clamd.at(server.name, 10).scan(partial(_pour, b"x"))
        server.mood = "silent"
        began = time.monotonic()
        with pytest.raises(ScannerAwayError):
            Clamd.at(server.name, 1).scan(partial(_pour, b"x"))
        assert time.monotonic() - began < 5
    with pytest.raises(ScannerAwayError):
        Clamd.at(server.name, 1).ready()


def test_address_that_names_nothing_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("clamav", "unix:clamd.ctl", "tcp:host:0", "tcp:host:99999", "http://host:3310/"):
        monkeypatch.setenv("LAUREL_CLAMD", wrong)
        with pytest.raises(SettingError, match="LAUREL_CLAMD"):
            scanner()
    monkeypatch.setenv("LAUREL_CLAMD", "unix:/run/clamav/clamd.ctl")
    assert scanner() == Clamd("/run/clamav/clamd.ctl", "", 0, 120.0)
    assert Clamd.at("clamav:3310", 1) == Clamd.at("tcp:clamav:3310", 1)
    assert Clamd.at("[::1]:3310", 1).host == "::1"


class Desk:
    """The use cases over ports in memory and a clamd over a socket."""

    def __init__(self, clamd: str, kind: str = "photo") -> None:
        facts = video_facts if kind == "video" else whole_facts
        self.kind = kind
        self.objects, self.store = Objects(), Store()
        workshop = Workshop(lambda content: Judgement(facts=facts(content)))
        self.media = Media(self.store, self.objects, workshop, Clamd.at(clamd, 2))
        self.media.learn_rules(delivery(published()))

    def upload(self, content: bytes) -> MaterialUploadedV1:
        return uploaded(self.objects, content, self.kind)


@pytest.mark.parametrize("kind", ["photo", "video"])
def test_exactly_what_was_judged_is_scanned_and_an_infected_file_is_kept_nowhere(kind: str) -> None:
    with clamd_on_tcp() as server:
        desk = Desk(server.name, kind)
        sound = desk.media.judge(delivery(desk.upload(b"sound")))
        bad = desk.media.judge(delivery(desk.upload(INFECTED)))

        assert server.seen == [b"sound", INFECTED]
    assert sound is not None
    assert bad is not None
    assert sound.judgement.accepted
    (finding,) = bad.judgement.findings
    assert (finding.slug, finding.figures) == ("infected", {"given": NAME})
    assert NAME in finding.zh
    assert NAME in finding.en
    assert len(desk.objects.keys(MATERIALS)) == 1


def test_verdict_waits_for_clamd_and_nothing_is_accepted_unscanned() -> None:
    with clamd_on_tcp() as server:
        pass
    assert isinstance(server.address, tuple)
    desk = Desk(server.name)
    upload = desk.upload(b"sound")
    with pytest.raises(Transient):
        patiently(lambda: desk.media.judge(delivery(upload)), patience_seconds=0)
    assert desk.store.verdicts == []
    assert desk.objects.keys(MATERIALS) == []

    with clamd_on_tcp(port=server.address[1]) as back:
        verdict = patiently(lambda: desk.media.judge(delivery(upload, attempt=2)))

        assert verdict is not None
        assert verdict.judgement.accepted
        assert back.seen == [b"sound"]


def test_file_that_clamd_will_not_scan_gets_no_verdict_and_leaves_no_copy() -> None:
    with clamd_on_tcp(most=10) as server:
        desk = Desk(server.name, "video")
        upload = desk.upload(bytes(100_000))
        with pytest.raises(Transient, match="size limit"):
            patiently(lambda: desk.media.judge(delivery(upload)))

    assert desk.store.verdicts == []
    assert desk.objects.keys(MATERIALS) == []


@pytest.mark.skipif(not Path(CLAMD).exists(), reason="Debian's clamav-daemon is not installed")
def test_the_real_clamd_finds_a_signature_of_our_own(tmp_path: Path) -> None:
    (tmp_path / "ours.ndb").write_text(f"Ours.Test:0:*:{SIGNATURE.hex()}\n")
    path = tmp_path / "clamd.ctl"
    settings = tmp_path / "clamd.conf"
    settings.write_text(
        f"LocalSocket {path}\nDatabaseDirectory {tmp_path}\nForeground yes\nStreamMaxLength 1M\nUser root\n"
    )
    process = subprocess.Popen([CLAMD, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        clamd = Clamd.at(f"unix:{path}", 20)
        deadline = time.monotonic() + 60
        while True:
            try:
                clamd.ready()
                break
            except ScannerAwayError:
                assert time.monotonic() < deadline
                assert process.poll() is None
                time.sleep(0.1)

        assert clamd.scan(partial(_pour, b"harmless" * 1000)) is None
        assert clamd.scan(partial(_pour, INFECTED)) == "Ours.Test.UNOFFICIAL"
        with pytest.raises(ScannerError, match="size limit"):
            clamd.scan(partial(_pour, bytes(5_000_000)))
        with socket.socket(socket.AF_UNIX) as one:
            one.connect(str(path))
    finally:
        process.kill()
        process.wait()
