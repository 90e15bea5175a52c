"""A mail server that misbehaves on demand: `python -m tests.integration.notify.smtp_server PORT FOLDER`.

The recipient's local part, up to the first dot, says how:
    ok       takes the mail
    drop     takes it, then drops the line instead of answering the final dot, the first time
    lose     drops the line after the final dot without having taken it, the first time
    later    answers RCPT with 451, the first time
    full     answers the final dot with 452, the first time
    gone     answers RCPT with 550, naming the mailbox
    spam     answers the final dot with 554
    stall    never answers the final dot, the first time
    never    never answers the final dot
What it takes it writes to FOLDER/taken.jsonl: {"to", "message_id", "subject", "raw", "at"}; every attempt that reached
the final dot to FOLDER/tried.jsonl. A file FOLDER/closed makes it greet with 421, FOLDER/sender refuse every sender,
FOLDER/forget forget whom it has met.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

_FOREVER = 3600.0


class Handler:
    """aiosmtpd's handler."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.met: dict[str, set[str]] = {}

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's own name
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if (self.folder / "closed").exists():
            await server.push("421 4.3.2 closed for the night")
            _drop(server)
        return responses

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's own name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if (self.folder / "sender").exists():
            return "553 5.7.1 sender not wanted here"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        way = _way(address)
        if way == "gone":
            return f"550 5.1.1 <{address}>: no such mailbox {address}"
        if way == "later" and self._first("later", address):
            return f"451 4.7.1 <{address}>: greylisted, come back"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's own name
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=policy.default)
        mail: dict[str, Any] = {
            "to": envelope.rcpt_tos[0],
            "message_id": str(message["Message-ID"]).strip(),
            "subject": str(message["Subject"]),
            "raw": content.decode("ascii"),
            "at": time.time(),
        }
        self._write("tried.jsonl", mail)
        way, first = _way(mail["to"]), self._first("data", mail["message_id"])
        if way == "spam":
            return "554 5.7.1 looks like spam"
        if way == "full" and first:
            return "452 4.2.2 mailbox full"
        if way in {"lose", "drop"} and first:
            if way == "drop":
                self._write("taken.jsonl", mail)
            _drop(server)
            await asyncio.sleep(_FOREVER)
        if way == "never" or (way == "stall" and first):
            await asyncio.sleep(_FOREVER)
        self._write("taken.jsonl", mail)
        return f"250 2.0.0 Ok: queued as Q{abs(hash(mail['message_id'])) % 10**8}"

    def _first(self, what: str, key: str) -> bool:
        if (self.folder / "forget").exists():
            (self.folder / "forget").unlink()
            self.met.clear()
        met = self.met.setdefault(what, set())
        new = key not in met
        met.add(key)
        return new

    def _write(self, name: str, mail: dict[str, Any]) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(mail, ensure_ascii=False) + "\n")


def _drop(server: SMTP) -> None:
    """Reset the line."""
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


def _way(address: str) -> str:
    return address.partition("@")[0].partition(".")[0]


async def main(port: int, folder: Path) -> None:
    handler = Handler(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(handler, hostname="mail.test", loop=loop), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
