"""A mail server that delivers to a folder: `python -m infra.stack.smtp_sink --port PORT --directory DIRECTORY`.

Each mail becomes `<directory>/new/<when>-<number>.eml`, which appears whole or not at all, and then one line of
`<directory>/index.jsonl`: {"message_id", "file", "to", "subject"}. A mail is accepted only once both are written.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import time
from email import message_from_bytes, policy
from pathlib import Path

import click
from aiosmtpd.smtp import SMTP, Envelope, Session

_MAX_MAIL_BYTES = 10 * 1024 * 1024


class Mailbox:
    """aiosmtpd's handler: writes each mail to the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in ("tmp", "new"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self._count = itertools.count(1)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's own name
        """Take one mail."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        name = f"{time.time_ns()}-{os.getpid()}-{next(self._count)}.eml"
        part = self.folder / "tmp" / name
        part.write_bytes(content)
        part.rename(self.folder / "new" / name)
        headers = message_from_bytes(content, policy=policy.default)
        line = {
            "message_id": str(headers.get("Message-ID", "")).strip(),
            "file": name,
            "to": list(envelope.rcpt_tos),
            "subject": str(headers.get("Subject", "")),
        }
        with (self.folder / "index.jsonl").open("a", encoding="utf-8") as index:
            index.write(json.dumps(line, ensure_ascii=False) + "\n")
        return "250 OK"


async def _serve(folder: Path, host: str, port: int) -> None:
    mailbox = Mailbox(folder)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(mailbox, data_size_limit=_MAX_MAIL_BYTES, enable_SMTPUTF8=True, hostname="localhost", loop=loop),
        host,
        port,
    )
    async with server:
        await stopped.wait()


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, required=True)
@click.option("--directory", type=click.Path(path_type=Path), required=True)
def main(host: str, port: int, directory: Path) -> None:
    """Deliver every mail to a directory until terminated."""
    asyncio.run(_serve(directory, host, port))


if __name__ == "__main__":
    main()
