"""A file in memory, read in ranges as storage gives them."""

from __future__ import annotations


class InMemory:
    """services.media.pool.Reader over these bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.size = len(content)

    def read(self, offset: int, length: int) -> bytes:
        return self.content[offset : offset + length]
