"""Files of this machine, opened so that no folder, no pipe and no file that changes leads to a wrong verdict."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CHUNK = 1024 * 1024


class NotJudgedError(Exception):
    """Nothing can be said about the file; `zh` and `en` say why and what to do."""

    def __init__(self, slug: str, zh: str, en: str) -> None:
        super().__init__(en)
        self.slug = slug
        self.zh = zh
        self.en = en


class OpenFile:
    """Ranges of a file that is open, as the pool's readers are. All raise NotJudgedError."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size

    def read(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size - offset))
        try:
            content = os.pread(self._descriptor, length, offset)
        except OSError as error:
            raise _unreadable(error) from error
        if len(content) != length:
            raise NotJudgedError(
                "changed-meanwhile",
                "检查过程中文件被改动了，请等它复制或导出完毕后再检查。",
                "The file was changed while it was being checked; check it once it is copied or exported completely.",
            )
        return content

    def chunks(self) -> Iterator[bytes]:
        """All of the file."""
        for offset in range(0, self.size, _CHUNK):
            yield self.read(offset, _CHUNK)


@contextmanager
def opened(path: Path) -> Iterator[OpenFile]:
    """The file for the time of the block. Raises NotJudgedError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for its writer
    except FileNotFoundError as error:
        raise NotJudgedError(
            "no-such-file", "没有这个文件，请核对路径。", "There is no such file; check the path."
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(error) from error
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise NotJudgedError("folder", "这是文件夹，请给出其中的文件。", "This is a folder; name the files in it.")
        if not stat.S_ISREG(mode):
            raise NotJudgedError(
                "no-regular-file",
                "这不是普通文件（是设备或管道），无法检查。请先存成文件。",
                "This is no regular file (a device or a pipe) and cannot be checked; save it as a file first.",
            )
        yield OpenFile(descriptor)
    finally:
        os.close(descriptor)


def _unreadable(error: Exception) -> NotJudgedError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return NotJudgedError(
        "cannot-be-opened",
        f"无法读取文件（{reason}），请核对权限和磁盘。",
        f"The file cannot be read ({reason}); check its permissions and the disk.",
    )
