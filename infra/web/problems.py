"""Problems as RFC 9457 says, with a stable slug and a sentence in Chinese and English that says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts.events import Finding

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One row of a service's problem table."""

    slug: str
    status: int
    zh: str
    en: str


@dataclass
class Problem(Exception):
    """An answer that refuses; raised anywhere in an api, rendered by infra.web.app."""

    type: ProblemType
    detail_zh: str = ""
    detail_en: str = ""
    findings: Sequence[Finding] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def body(self, instance: str) -> dict[str, Any]:
        """The JSON object of RFC 9457; `title`/`detail` Chinese, `title_en`/`detail_en` beside them."""
        return {
            "type": f"urn:laurel:problem:{self.type.slug}",
            "slug": self.type.slug,
            "status": self.type.status,
            "title": self.type.zh,
            "title_en": self.type.en,
            "detail": self.detail_zh or self.type.zh,
            "detail_en": self.detail_en or self.type.en,
            "instance": instance,
            "findings": [finding.model_dump(mode="json") for finding in self.findings],
            **self.extra,
        }


UNAUTHENTICATED = ProblemType("unauthenticated", 401, "请先登录后再操作。", "Sign in first, then try again.")
FORBIDDEN = ProblemType(
    "forbidden",
    403,
    "当前账号没有此项权限。如需办理，请联系秘书处。",
    "This account may not do this. Ask the secretariat.",
)
NOT_FOUND = ProblemType("not-found", 404, "没有找到所请求的内容，请核对链接。", "Nothing is here; check the link.")
INVALID = ProblemType(
    "invalid-request", 422, "提交的数据格式有误，请按提示修改。", "The request is malformed; see the findings."
)
TOO_LARGE = ProblemType("request-too-large", 413, "请求内容过大，请缩减后再提交。", "The request is too large.")
UNAVAILABLE = ProblemType(
    "temporarily-unavailable",
    503,
    "服务暂时不可用，请稍后重试；已保存的内容不会丢失。",
    "Temporarily unavailable; try again shortly. What was saved is safe.",
)
GATEWAY = ProblemType(
    "gateway",
    502,
    "请求未能送达服务，请稍后重试；已保存的内容不会丢失。",
    "The request did not reach its service; try again shortly. What was saved is safe.",
)
"""What the proxy in front says itself, together with NOT_FOUND and TOO_LARGE."""
INTERNAL = ProblemType(
    "internal-error",
    500,
    "系统内部错误，已记录。请稍后重试；已保存的内容不会丢失。",
    "An internal error; it has been recorded. What was saved is safe.",
)
