"""The press: papers made by children with limits; what takes one down takes nothing else."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from infra.web.problems import Problem
from services.intake.domain.documents.articles import blocks_of
from services.intake.domain.documents.papers import ActivationLetter, Article, Cell, Form, FormBox, Stamp
from services.intake.domain.documents.texts import MOST_LINES, in_paragraphs
from services.intake.domain.errors import FontMissingError, PaperFailedError
from services.intake.files.printing import Printer
from services.intake.rendering.press import Letters, Press, PressError, Print, press
from services.intake.usecases.documents import Titled

STAMP = Stamp(number="a.b.1", revision=1, digest="ab" * 32, submitted="今天", link="https://l.example/paper/a.b.1")


def form(text: str) -> Form:
    rows = ((Cell("主要成绩", text, long=True),),)
    return Form("活动", "", "申报表", rows, (FormBox("单位意见"),), (), STAMP)


def job(text: str = "工作扎实。", kind: str = "pdf") -> Print:
    return Print(form(text), "申报表", kind)


@pytest.fixture(scope="module")
def one() -> Iterator[Press]:
    made = Press(1)
    yield made
    made.close()


def child_of(pressing: Press) -> press._Child:
    """The one child that is idle."""
    (child,) = pressing._places
    assert child is not None
    return child


def test_every_kind_of_paper_comes_out_of_the_press(one: Press) -> None:
    letter = ActivationLetter("学会", "某厅", "mouting", "K7QD-9MWX", "https://l.example/activate", "3月4日")

    assert one.make(job()).startswith(b"%PDF")
    assert one.make(job(kind="docx")).startswith(b"PK")
    assert one.make(Print(Article("题", "", "某馆", blocks_of("正文。"), STAMP), "", "docx")).startswith(b"PK")
    assert one.make(Letters((letter,))).startswith(b"%PDF")


def test_the_child_that_has_grown_is_replaced_and_its_memory_is_gone(
    one: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.make(job())
    first = child_of(one).pid
    one.make(job())
    assert child_of(one).pid == first

    monkeypatch.setattr(press, "GROWN", 1)
    one.make(job())
    monkeypatch.undo()
    one.make(job())

    assert child_of(one).pid != first
    assert not Path(f"/proc/{first}").exists()


def test_a_killed_child_costs_its_own_paper_alone(one: Press) -> None:
    one.make(job())
    os.kill(child_of(one).pid, signal.SIGKILL)

    with pytest.raises(PressError) as lost:
        one.make(job())
    assert lost.value.cause == "died"
    assert one.make(job()).startswith(b"%PDF")


def test_a_paper_that_takes_too_long_is_given_up() -> None:
    slow = Press(1, seconds=1)
    slow.make(job())
    child = child_of(slow)
    # Beyond what can be submitted, and past the bound on lines: what nobody has thought of yet.
    endless = Print(form("字\n" * 100_000), "", "pdf")

    began = time.monotonic()
    with pytest.raises(PressError) as given_up:
        slow.make(endless)

    assert given_up.value.cause in {"processor", "died"}  # of time, or of memory: whichever limit came first
    assert time.monotonic() - began < 60
    assert not Path(f"/proc/{child.pid}").exists()
    assert slow.make(job()).startswith(b"%PDF")
    slow.close()


def test_missing_fonts_are_told_through_the_press(tmp_path: Path) -> None:
    bare = Press(1, folders=(tmp_path,))

    with pytest.raises(FontMissingError) as refused:
        bare.make(job())

    assert "仿宋" in refused.value.zh
    assert bare.make(job(kind="docx")).startswith(b"PK")
    bare.close()


def test_children_end_with_their_press() -> None:
    mortal = Press(1)
    mortal.make(job())
    pid = child_of(mortal).pid

    mortal.close()

    assert not Path(f"/proc/{pid}").exists()
    assert mortal.make(job()).startswith(b"%PDF")  # it can be used again
    mortal.close()


def test_many_lines_run_on_after_the_thousandth_and_none_is_lost() -> None:
    text = "\n".join(f"第{n}行" for n in range(12_000))

    bounded = in_paragraphs(text)

    assert bounded.count("\n") + 1 == MOST_LINES
    assert bounded.replace("\u3000", "\n") == text
    few = "第一段\n\n第二段"
    assert in_paragraphs(few) == few


def test_twelve_thousand_lines_take_about_a_second(one: Press) -> None:
    one.make(job())
    text = in_paragraphs("字\n" * 12_000)

    before = _spent(child_of(one).pid)
    one.make(job(text))
    one.make(Print(Article("题", "", "某馆", blocks_of(text), STAMP), "", "pdf"))

    assert _spent(child_of(one).pid) - before < 4


def test_an_archives_papers_let_a_persons_go_first(one: Press) -> None:
    one.make(job())
    child, order, threads = child_of(one), [], []
    one._places.clear()  # somebody is at it

    def ask(name: str, *, patient: bool) -> None:
        one.make(job(name), patient=patient)
        order.append(name)

    for name in ("archive 1", "archive 2", "archive 3"):
        threads.append(threading.Thread(target=ask, args=(name,), kwargs={"patient": True}))
        threads[-1].start()
    threads.append(threading.Thread(target=ask, args=("person",), kwargs={"patient": False}))
    threads[-1].start()
    until = time.monotonic() + 5
    while one._urgent < 1 and time.monotonic() < until:
        time.sleep(0.01)
    with one._changed:
        one._places.append(child)
        one._changed.notify_all()
    for thread in threads:
        thread.join(20)

    assert order[0] == "person"
    assert sorted(order) == ["archive 1", "archive 2", "archive 3", "person"]


def _spent(pid: int) -> float:
    """Seconds of processor time."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Slow(Press):
    """Counts what is under way; each paper takes until it is let go."""

    def __init__(self, slots: int) -> None:
        super().__init__(slots)
        self.under_way: list[str] = []
        self.go = threading.Event()

    def make(self, job: object, *, patient: bool = False) -> bytes:
        assert isinstance(job, Print)
        assert patient == job.title.startswith("archive")
        self.under_way.append(job.title)
        if job.title.startswith("big"):
            self.go.wait(20)
        return job.title.encode()


def test_whoever_asks_for_twenty_at_once_holds_one_place_and_others_are_served() -> None:
    pressing = Slow(2)
    printer = Printer("https://l.example", pressing)
    refused = []

    async def ask(number: int) -> None:
        try:
            await printer.print(Titled(form(str(number)), f"big {number}"), "pdf", "unit-a")
        except Problem as error:
            refused.append(error)

    async def everybody() -> None:
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(ask, number)
            with anyio.fail_after(10):
                while not pressing.under_way:  # noqa: ASYNC110 - a thread says so, not a task
                    await anyio.sleep(0.01)
                quick = [await printer.print(Titled(form("x"), f"quick {n}"), "pdf", f"unit-{n}") for n in range(5)]
            assert quick == [f"quick {n}".encode() for n in range(5)]
            assert [title for title in pressing.under_way if title.startswith("big")] == ["big 0"]
            pressing.go.set()

    anyio.run(everybody)

    assert len(refused) == 10  # told to come again, each with a time
    assert all(error.extra == {"retry_after": 5} for error in refused)
    assert len(pressing.under_way) == 15


def test_the_same_paper_is_made_once_however_many_ask() -> None:
    pressing = Slow(2)
    printer = Printer("https://l.example", pressing)
    paper = Titled(form("x"), "paper")

    async def five() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(printer.print, paper, "pdf", "unit-a")

    anyio.run(five)

    assert printer.print_now(paper, "pdf") == b"paper"
    assert pressing.under_way == ["paper"]
    assert printer.print_now(Titled(form("x"), "archive"), "pdf") == b"archive"


def test_what_the_press_gives_up_is_a_problem_that_says_so(one: Press, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_: object, *, patient: bool) -> bytes:
        assert patient
        raise PressError("processor")

    monkeypatch.setattr(one, "make", lost)
    with pytest.raises(PaperFailedError):
        Printer("https://l.example", one).print_now(Titled(form("x"), ""), "pdf")
