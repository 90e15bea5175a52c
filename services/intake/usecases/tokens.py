"""Tokens of programs: made by a person for what a program needs, shown once, revoked at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

import structlog

from services.intake.domain import tokens as rules
from services.intake.domain.errors import NotFoundError
from services.intake.domain.permissions import Caller
from services.intake.domain.tokens import ProgramToken
from services.intake.ports import Ports

log = structlog.get_logger(__name__)


def make_token(
    ports: Ports, caller: Caller, name: str, scopes: frozenset[str], lifetime: timedelta
) -> tuple[str, ProgramToken]:
    """The token, to be shown this once, and what is kept of it. Raises BadTokenError."""
    token = rules.new_token()
    with ports.store.begin() as tx:
        held = len(tx.program_tokens(caller.account_id))
        rules.check_new_token(scopes, caller.roles, lifetime, held)
        kept = tx.add_program_token(
            caller.account_id, uuid4(), rules.token_digest(token), name, sorted(scopes), lifetime
        )
    log.info("program_token.made", account=str(caller.account_id), token=str(kept.token_id), scopes=sorted(scopes))
    return token, kept


def list_tokens(ports: Ports, caller: Caller) -> Sequence[ProgramToken]:
    """The caller's own."""
    with ports.store.begin() as tx:
        return tx.program_tokens(caller.account_id)


def revoke_token(ports: Ports, caller: Caller, token_id: UUID) -> None:
    """Raises NotFoundError if it is not the caller's own, or was revoked before."""
    with ports.store.begin() as tx:
        if not tx.revoke_program_token(caller.account_id, token_id):
            raise NotFoundError
    log.info("program_token.revoked", account=str(caller.account_id), token=str(token_id))
