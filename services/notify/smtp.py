"""The mail server, by smtplib: one conversation at a time, a hard end to each, the connection kept between mails."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Literal

from services.notify.domain.delivery import Outcome, Reply, without_addresses
from services.notify.ports import Mail

Phase = Literal["connect", "hello", "sender", "recipient", "data", "body"]

_READY = 220
_OK = 250
_GO_AHEAD = 354
_PERMANENT = 500


class _OverdueError(Exception):
    """The conversation's time is over."""


class _Talk:
    """One conversation: where it stands, and how to cut it off."""

    def __init__(self) -> None:
        self.phase: Phase = "connect"
        self.overdue = False
        self.over = False
        self._server: smtplib.SMTP | None = None

    def enter(self, phase: Phase, server: smtplib.SMTP) -> None:
        """Begin a phase. Raises _OverdueError if the time is over already."""
        self.phase = phase
        self._server = server
        if self.overdue:
            raise _OverdueError

    def cut(self) -> None:
        """Called from another thread: whoever waits for the server on this line wakes up."""
        if self.over:
            return  # the line may carry the next conversation by now
        self.overdue = True
        line = self._server.sock if self._server is not None else None
        if line is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


class SmtpMailer:
    """Talks to one server. Not shared between threads or greenlets: each delivery lane has its own.

    `seconds` bounds a whole conversation, connecting included: a server that stalls, or answers a byte at a time,
    is cut off then. The connection is kept for the next mail until `rest()`.
    """

    def __init__(self, host: str, port: int, *, local_name: str, seconds: float) -> None:
        self._host = host
        self._port = port
        self._local_name = local_name
        self._seconds = seconds
        self._server: smtplib.SMTP | None = None
        self._talk: _Talk | None = None

    def send(self, mail: Mail) -> Reply:
        """Hand over one mail. What goes wrong is in the reply, never raised."""
        talk = _Talk()
        try:
            with self._limit(talk):
                reply = self._converse(mail, talk)
        except smtplib.SMTPResponseException as error:
            reply = _reply_of(talk.phase, error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException, _OverdueError) as error:
            # Also after the final dot, when it is not known whether the server kept the mail: it goes again, same id.
            away = talk.phase in {"connect", "hello", "sender"}
            text = "no answer in time" if talk.overdue else type(error).__name__
            reply = Reply(Outcome.UNAVAILABLE if away else Outcome.PUT_OFF, talk.phase, text=text)
        if reply.outcome in {Outcome.UNAVAILABLE, Outcome.PUT_OFF} or talk.overdue:
            self._drop()
        return reply

    def rest(self) -> None:
        """Take leave of the server."""
        if self._server is not None:
            talk = _Talk()
            with self._limit(talk), contextlib.suppress(OSError, smtplib.SMTPException, _OverdueError):
                talk.enter("hello", self._server)
                self._server.quit()
            self._drop()

    def end_within(self, seconds: float) -> None:
        """Cut off the conversation that is under way, if it has not ended by then; a later one gets no longer either.

        Called from another thread.
        """
        self._seconds = min(self._seconds, seconds)
        if self._talk is not None:
            _timer(seconds, self._talk.cut).start()

    def _drop(self) -> None:
        """Close the connection, without ceremony."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _converse(self, mail: Mail, talk: _Talk) -> Reply:
        server = self._connected(talk)
        talk.enter("sender", server)
        code, text = server.mail(mail.sender)
        if code != _OK:
            return _reply_of("sender", code, text)
        talk.enter("recipient", server)
        code, text = server.rcpt(mail.recipient)
        if code // 10 != _OK // 10:
            self._reset(server)
            return _reply_of("recipient", code, text)
        talk.enter("data", server)
        code, text = server.docmd("DATA")
        if code != _GO_AHEAD:
            self._reset(server)
            return _reply_of("data", code, text)
        talk.enter("body", server)
        server.send(_dotted(mail.body))
        code, text = server.getreply()
        if code != _OK:
            return _reply_of("body", code, text)
        return Reply(Outcome.ACCEPTED, "body", code, without_addresses(_text(text)))

    def _connected(self, talk: _Talk) -> smtplib.SMTP:
        """The kept connection if it still answers, else a new one."""
        if self._server is not None:
            talk.enter("hello", self._server)
            with contextlib.suppress(OSError, smtplib.SMTPException):
                if self._server.rset()[0] == _OK:
                    return self._server
            self._drop()
        server = smtplib.SMTP(local_hostname=self._local_name, timeout=self._seconds)
        self._server = server
        talk.enter("connect", server)
        code, text = server.connect(self._host, self._port)
        talk.enter("hello", server)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, text)
        server.ehlo_or_helo_if_needed()
        return server

    def _reset(self, server: smtplib.SMTP) -> None:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.rset()

    @contextlib.contextmanager
    def _limit(self, talk: _Talk) -> Iterator[None]:
        """Cut the line when the time is over: socket timeouts alone begin anew with each byte."""
        watch = _timer(self._seconds, talk.cut)
        watch.start()
        self._talk = talk
        try:
            yield
        finally:
            self._talk = None
            talk.over = True
            watch.cancel()


def _timer(seconds: float, act: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    return timer


def _reply_of(phase: Phase, code: int, answer: bytes | str) -> Reply:
    """What a refusing answer means: before the recipient is named, it is about us and not about the message."""
    text = without_addresses(_text(answer))
    if phase in {"connect", "hello", "sender"}:
        return Reply(Outcome.UNAVAILABLE, phase, code, text)
    return Reply(Outcome.REFUSED if code >= _PERMANENT else Outcome.PUT_OFF, phase, code, text)


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _dotted(body: bytes) -> bytes:
    """The message as DATA sends it: a leading dot doubled, a lone dot at the end (RFC 5321, section 4.5.2)."""
    end = b"" if body.endswith(b"\r\n") else b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", body) + end + b".\r\n"
