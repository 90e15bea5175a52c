"""Deliver messages: take one under a lease, talk to the mail server outside any transaction, keep the account of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.events import MessageBouncedV1
from services.notify.domain.delivery import MessageState, Outcome, Reply, judge, message_step
from services.notify.domain.letters import LetterKind
from services.notify.ports import Begin, Lease, Mailer, Sealer, Store, Writer


@dataclass(frozen=True, slots=True)
class Courier:
    """What delivering needs. `lease_for` must outlast one whole conversation; `delays` in seconds between attempts."""

    begin: Begin
    mailer: Mailer
    writer: Writer
    sealer: Sealer
    lease_for: timedelta
    delays: Sequence[float]


@dataclass(frozen=True, slots=True)
class Delivered:
    """One attempt and what it came to.

    `lost` if another worker had taken over the lease; `fault` if the mail could not even be written.
    """

    message_id: UUID
    kind: LetterKind
    attempt: int
    reply: Reply
    state: MessageState
    queued_at: datetime
    concluded_at: datetime
    correlation: str
    lost: bool = False
    fault: Exception | None = None


def deliver_next(courier: Courier) -> Delivered | None:
    """Attempt the next message that is due; None if there is none."""
    with courier.begin() as store:
        lease = store.lease_message(courier.lease_for)
    if lease is None:
        return None
    reply, fault = _attempt(courier, lease)
    with courier.begin() as store:
        now = store.now()
        verdict = judge(reply, attempt=lease.attempt, now=now, give_up_at=lease.give_up_at, delays=courier.delays)
        header_id = courier.writer.header_id(lease.message_id)
        held = store.conclude(lease, reply, verdict.state, next_at=verdict.next_at, header_id=header_id)
        if held and reply.blames_address and not lease.to_former:
            store.mark_refused(lease.contact.account_id, now)
        if held and verdict.bounced and not lease.to_former:  # the account is reached elsewhere now
            _tell(store, lease, f"{reply.phase}: {reply.code} {reply.text}".strip(), now)
    return Delivered(
        message_id=lease.message_id,
        kind=lease.letter.kind,
        attempt=lease.attempt,
        reply=reply,
        state=verdict.state,
        queued_at=lease.queued_at,
        concluded_at=now,
        correlation=lease.letter.correlation,
        lost=not held,
        fault=fault,
    )


def _attempt(courier: Courier, lease: Lease) -> tuple[Reply, Exception | None]:
    try:
        contact = courier.sealer.unseal(lease.contact.account_id, lease.contact.sealed)
        code = courier.sealer.unseal_code(lease.contact.account_id, lease.sealed_code) if lease.sealed_code else ""
        mail = courier.writer.write(lease, contact, code)
    except Exception as error:  # noqa: BLE001 - a letter that cannot be written is tried again, and holds up no other
        return Reply(Outcome.PUT_OFF, "write", text=type(error).__name__), error
    return courier.mailer.send(mail), None


def expire_overdue(courier: Courier, limit: int = 50) -> int:
    """Close the messages that could not be sent while they were of use, and tell the secretariat; how many."""
    with courier.begin() as store:
        now = store.now()
        leases = store.expired_messages(limit)
        for lease in leases:
            header_id = courier.writer.header_id(lease.message_id)
            state = message_step(MessageState.QUEUED, "expire")
            store.conclude(lease, None, state, next_at=None, header_id=header_id)
            if not lease.to_former:
                _tell(store, lease, "not delivered while it was of use", now)
    return len(leases)


def _tell(store: Store, lease: Lease, reason: str, now: datetime) -> None:
    letter = lease.letter
    recipient = letter.addressee.value if letter.addressee.kind == "unit" else str(lease.contact.account_id)
    store.publish(
        MessageBouncedV1(
            message_id=lease.message_id,
            campaign_id=letter.campaign_id,
            recipient=recipient,
            reason=reason,
            bounced_at=now,
        ),
        subject=letter.campaign_id or recipient,
        correlation=letter.correlation,
        causation=letter.causation,
    )
