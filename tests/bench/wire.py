"""A lean HTTP/1.1 client, so that the generator of load takes little of the two cores that it measures."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Wire:
    """One kept-alive connection to an origin; one request at a time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    head: str

    @classmethod
    async def open(cls, url: str, headers: dict[str, str]) -> Wire:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        lines = {"host": parts.netloc, "content-type": "application/json", **headers}
        return cls(reader, writer, "".join(f"{name}: {value}\r\n" for name, value in lines.items()))

    async def send(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        """Status and content of the answer. Raises OSError or IncompleteReadError when the connection breaks."""
        content = json.dumps(body, ensure_ascii=False).encode()
        self.writer.write(
            f"{method} {path} HTTP/1.1\r\n{self.head}content-length: {len(content)}\r\n\r\n".encode() + content
        )
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        status = int(head.split(" ", 2)[1])
        length = next(
            (int(line.partition(":")[2]) for line in head.split("\r\n") if line.lower().startswith("content-length")), 0
        )
        return status, await self.reader.readexactly(length)

    def close(self) -> None:
        self.writer.close()


@dataclass
class Load:
    """What a load came to: seconds of each request, and of the whole."""

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.wall


async def load(clients: list[Callable[[], Awaitable[None]]], each: int) -> Load:
    """Every client makes `each` requests one after the other, all clients at once."""
    result = Load()

    async def run(client: Callable[[], Awaitable[None]]) -> None:
        for _ in range(each):
            began = time.perf_counter()
            await client()
            result.seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(run(client) for client in clients))
    result.wall = time.perf_counter() - began
    return result
