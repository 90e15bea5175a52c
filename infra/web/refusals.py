"""Why a token is refused; apart from what asks, since stores answer it, in workers too, which know no HTTP."""

from __future__ import annotations

from enum import Enum


class Refusal(Enum):
    """Why a token that is well signed and in time is not taken."""

    DISABLED = ("此账号已停用。如有疑问，请联系秘书处。", "This account has been disabled. Ask the secretariat.")
    ENDED = ("此次登录已结束，请重新登录。", "This session has been ended; sign in again.")
