"""One mail to one contact: its states, its attempts, when to try again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID, uuid5

from services.notify.domain.errors import TransitionError

NAMESPACE = UUID("6c0e6b0e-54d6-5a44-9d0b-8f6f6e6f7469")
"""Under it the ids of letters, messages and reminders are derived: the same cause always has the same id."""

GIVE_UP_AFTER = timedelta(days=5)
"""How long a server may put a message off (RFC 5321, section 4.5.4.1 asks for four to five days)."""
MAX_REPLY = 300


class MessageState(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    ACCEPTED = "accepted"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How one attempt ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The server will never take it for this recipient (5xx)."""
    PUT_OFF = "put-off"
    """Not now: 4xx, the line dropped, no answer in time, or a fault of our own."""
    UNAVAILABLE = "unavailable"
    """There is no server to talk to, or it takes mail from nobody: not this message's fault."""


_STEPS: dict[tuple[MessageState, str], MessageState] = {
    (MessageState.QUEUED, "accept"): MessageState.ACCEPTED,
    (MessageState.QUEUED, "put-off"): MessageState.QUEUED,
    (MessageState.QUEUED, "refuse"): MessageState.FAILED,
    (MessageState.QUEUED, "give-up"): MessageState.FAILED,
    (MessageState.QUEUED, "expire"): MessageState.EXPIRED,
    (MessageState.QUEUED, "cancel"): MessageState.CANCELLED,
}


def message_step(state: MessageState, command: str) -> MessageState:
    """The state after a command. Raises TransitionError for what the table does not hold."""
    try:
        return _STEPS[state, command]
    except KeyError:
        raise TransitionError(f"a message that is {state} cannot {command}") from None


@dataclass(frozen=True, slots=True)
class Reply:
    """What an attempt came to. `phase` is the SMTP command it ended at; `code` 0 without an answer from the server.

    `text` is the server's answer without mailboxes; `blames_address` whether the recipient's address was refused.
    """

    outcome: Outcome
    phase: Literal["write", "connect", "hello", "sender", "recipient", "data", "body"]
    code: int = 0
    text: str = ""

    @property
    def blames_address(self) -> bool:
        return self.outcome is Outcome.REFUSED and self.phase == "recipient"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a message after an attempt; `next_at` when it is to be tried again."""

    state: MessageState
    next_at: datetime | None = None

    @property
    def bounced(self) -> bool:
        """Whether the secretariat is to be told that the recipient was not reached."""
        return self.state in {MessageState.FAILED, MessageState.EXPIRED}


def judge(reply: Reply, *, attempt: int, now: datetime, give_up_at: datetime, delays: Sequence[float]) -> Verdict:
    """What becomes of a queued message after attempt number `attempt` (from 1); `delays` in seconds, last repeated."""
    if reply.outcome is Outcome.ACCEPTED:
        return Verdict(message_step(MessageState.QUEUED, "accept"))
    if reply.outcome is Outcome.REFUSED:
        return Verdict(message_step(MessageState.QUEUED, "refuse"))
    # A server that is away is asked again soon and often: it is one connection, whatever waits behind it.
    delay = delays[0] if reply.outcome is Outcome.UNAVAILABLE else delays[min(attempt, len(delays)) - 1]
    next_at = now + timedelta(seconds=delay)
    if next_at >= give_up_at:
        return Verdict(message_step(MessageState.QUEUED, "give-up"))
    return Verdict(message_step(MessageState.QUEUED, "put-off"), next_at)


def message_id(cause: str, account_id: UUID, channel: str) -> UUID:
    """The id of the one message of a cause to a recipient by a channel."""
    return uuid5(NAMESPACE, f"message|{cause}|{account_id}|{channel}")


def letter_id(cause: str, addressee: str) -> UUID:
    """The id of the one letter of a cause to an addressee."""
    return uuid5(NAMESPACE, f"letter|{cause}|{addressee}")


_MAILBOX = re.compile(r"<[^<>\s]*@[^<>\s]*>|[^\s<>()\[\]:;,\"']+@[^\s<>()\[\]:;,\"']+")


def without_addresses(text: str) -> str:
    """A server's answer as it may be kept and shown: one line, without mailboxes, cut short."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return _MAILBOX.sub("[mailbox]", line)[:MAX_REPLY]
