"""Tokens of programs: what they are limited to, and how they are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.intake.domain.errors import BadTokenError
from services.intake.domain.permissions import PERMISSIONS, Action

PREFIX = "laurel_"
DEFAULT_LIFETIME = timedelta(days=180)
MAX_LIFETIME = timedelta(days=366)
MAX_TOKENS = 20

SCOPES: dict[str, frozenset[Action]] = {
    "entries:read": frozenset(
        {Action.LIST_ENTRIES, Action.READ_ENTRY, Action.READ_HAPPENINGS, Action.DOWNLOAD_CAMPAIGN}
    ),
    "entries:private": frozenset({Action.READ_PRIVATE_FIELDS}),
    "entries:write": frozenset({Action.CREATE_ENTRY, Action.EDIT_ENTRY}),
    "submissions": frozenset({Action.SUBMIT_ENTRY, Action.WITHDRAW_ENTRY}),
    "campaigns:read": frozenset({Action.READ_CAMPAIGN_RECORD, Action.READ_PROGRESS, Action.READ_MEMBERS}),
    "campaigns": frozenset({Action.OPEN_CAMPAIGN, Action.AMEND_CAMPAIGN, Action.CLOSE_CAMPAIGN}),
    "accounts:read": frozenset({Action.LIST_ACCOUNTS}),
}
"""What each scope lets a program do. What is in none of them is for people alone: accounts, passwords, tokens."""

SCOPE_WORDS: dict[str, tuple[str, str]] = {
    "entries:read": ("查看申报材料", "Read entries"),
    "entries:private": ("查看申报材料中的手机、邮箱", "Read telephone numbers and mailboxes in entries"),
    "entries:write": ("新建、填写申报材料，上传文件", "Begin and write entries, upload files"),
    "submissions": ("提交、撤回申报材料", "Submit and withdraw entries"),
    "campaigns:read": ("查看活动的记录与申报进度", "Read the record and the progress of campaigns"),
    "campaigns": ("开启、修改、关闭活动", "Open, amend and close campaigns"),
    "accounts:read": ("查看账号名单", "List accounts"),
}


@dataclass(frozen=True, slots=True)
class ProgramToken:
    """A token as its owner sees it; the token itself was shown once."""

    token_id: UUID
    name: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


def new_token() -> str:
    """256 random bits behind a prefix by which a secret scanner knows it."""
    return PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """What is kept of a token. Plain SHA-256 will do: 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode()).digest()


def allowed_scopes(roles: frozenset[str]) -> tuple[str, ...]:
    """Scopes of which an account with these roles could use anything at all."""
    return tuple(
        scope
        for scope, actions in SCOPES.items()
        if any(not PERMISSIONS[action].isdisjoint(roles) for action in actions)
    )


def actions_of(scopes: AbstractSet[str] | None) -> frozenset[Action] | None:
    """What these scopes allow; None, as for people, if there are none to limit anything."""
    if scopes is None:
        return None
    return frozenset().union(*(SCOPES.get(scope, frozenset()) for scope in scopes))


def check_new_token(scopes: frozenset[str], roles: frozenset[str], lifetime: timedelta, held: int) -> None:
    """Raises BadTokenError."""
    foreign = sorted(scopes - set(allowed_scopes(roles)))
    if foreign or not scopes:
        raise BadTokenError(
            f"请至少选择一项权限范围；不能授予：{'、'.join(foreign)}。" if foreign else "请至少选择一项权限范围。",
            f"Choose at least one scope{'; not ' + ', '.join(foreign) if foreign else ''}.",
            place="scopes",
        )
    if not timedelta(days=1) <= lifetime <= MAX_LIFETIME:
        raise BadTokenError(
            f"有效期应为 1 至 {MAX_LIFETIME.days} 天。", f"A token lasts 1 to {MAX_LIFETIME.days} days.", place="days"
        )
    if held >= MAX_TOKENS:
        raise BadTokenError(
            f"每个账号最多 {MAX_TOKENS} 个程序令牌，请先撤销不用的。",
            f"An account has at most {MAX_TOKENS} tokens; revoke one that is not used.",
        )
