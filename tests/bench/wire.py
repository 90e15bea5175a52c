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

    url: str
    headers: dict[str, str]
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        """Status and content of the answer. A server that closed an idle connection is connected to again."""
        content = json.dumps(body, ensure_ascii=False).encode()
        lines = {"host": urlsplit(self.url).netloc, "content-type": "application/json", **self.headers}
        lines["content-length"] = str(len(content))
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        request = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content
        kept = self._streams is not None
        try:
            return await self._exchange(request)
        except (OSError, asyncio.IncompleteReadError) as error:
            begun = isinstance(error, asyncio.IncompleteReadError) and error.partial
            if begun or not kept:
                raise
            self._streams = None
            return await self._exchange(request)

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        if self._streams is None:
            parts = urlsplit(self.url)
            self._streams = await asyncio.open_connection(parts.hostname, parts.port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lengths = (line for line in head.split("\r\n") if line.lower().startswith("content-length:"))
        length = next((int(line.partition(":")[2]) for line in lengths), 0)
        return int(head.split(" ", 2)[1]), await reader.readexactly(length)


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
