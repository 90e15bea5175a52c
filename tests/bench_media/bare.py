"""A bare strict decode of all pixels, in processes of its own that are as warm as a worker's child."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.stack.process import base_env

_LOOP = """
import sys, time, simplejpeg
for line in sys.stdin:
    data = open(line.strip(), "rb").read()
    began = time.perf_counter()
    simplejpeg.decode_jpeg(data)
    print(time.perf_counter() - began, flush=True)
"""


@contextmanager
def decoder() -> Iterator[Callable[[Path], float]]:
    """A function: file → seconds that a bare strict decode takes."""
    process = subprocess.Popen(
        [sys.executable, "-c", _LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=base_env()
    )
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def decode(path: Path) -> float:
        stdin.write(f"{path}\n")
        stdin.flush()
        return float(stdout.readline())

    try:
        yield decode
    finally:
        stdin.close()
        process.wait(timeout=10)
        stdout.close()


def rate(content: bytes, each: int, processes: int = 1) -> float:
    """Decodes a second by so many processes, each decoding the same bytes so often; they are warm when it begins."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(content)
        decoders = [stack.enter_context(decoder()) for _ in range(processes)]

        def run(times: int) -> float:
            began = time.perf_counter()
            with ThreadPoolExecutor(processes) as pool:
                list(pool.map(lambda decode: [decode(path) for _ in range(times)], decoders))
            return processes * times / (time.perf_counter() - began)

        run(1)
        return run(each)


@contextmanager
def busy(content: bytes, processes: int) -> Iterator[None]:
    """For the time of the block so many processes decode without a pause."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = Path(folder) / "photo.jpg"
        path.write_bytes(content)
        ends = threading.Event()

        def work(decode: Callable[[Path], float]) -> None:
            while not ends.is_set():
                decode(path)

        decoders = [stack.enter_context(decoder()) for _ in range(processes)]
        pool = stack.enter_context(ThreadPoolExecutor(processes))
        for each in decoders:
            pool.submit(work, each)
        try:
            yield
        finally:
            ends.set()
