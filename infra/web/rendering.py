"""From errors to problems, and from problems to answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from contracts.events import Finding
from infra.web.problems import (
    CONTENT_TYPE,
    FORBIDDEN,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    TOO_LARGE,
    UNAUTHENTICATED,
    UNAVAILABLE,
    Problem,
    ProblemType,
)

METHOD_NOT_ALLOWED = ProblemType(
    "method-not-allowed", 405, "此地址不支持这种操作，请核对接口文档。", "This address does not take that method."
)
NOT_ACCEPTED = ProblemType("request-refused", 400, "请求无法处理，请核对后重试。", "The request was refused.")

_BY_STATUS = {
    400: INVALID,  # a body that cannot be read at all: bad JSON is refused as any other malformed request
    401: UNAUTHENTICATED,
    403: FORBIDDEN,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    413: TOO_LARGE,
    422: INVALID,
    500: INTERNAL,
    503: UNAVAILABLE,
}
_MAX_FINDINGS = 20
_MAX_PLACE = 120

# pydantic's error type (or its beginning) → what to tell people.
_SENTENCES: tuple[tuple[str, str, str], ...] = (
    ("missing", "缺少必填项。", "This is required."),
    ("extra_forbidden", "不认识此项，请删除或核对名称。", "This is not known here; remove it or check its name."),
    ("json_invalid", "内容不是有效的 JSON。", "The body is not valid JSON."),
    ("string_type", "应为文字。", "This must be a text."),
    ("string_unicode", "文字中含有无效字符，请删除后重新输入。", "The text holds an invalid character; remove it."),
    ("string_too_long", "文字过长，最多 {max_length} 个字符。", "Too long: at most {max_length} characters."),
    ("string_too_short", "文字过短，至少 {min_length} 个字符。", "Too short: at least {min_length} characters."),
    ("string_pattern", "格式不符，应符合 {pattern}。", "This does not have the form {pattern}."),
    ("int", "应为整数。", "This must be a whole number."),
    ("bool", "应为 true 或 false。", "This must be true or false."),
    ("uuid", "编号格式不正确。", "This is not a valid id."),
    ("datetime", "应为带时区的日期时间，例如 2026-09-01T00:00:00+08:00。",
     "This must be a date and time with a zone, such as 2026-09-01T00:00:00+08:00."),
    ("timezone", "日期时间须带时区，例如 2026-09-01T00:00:00+08:00。",
     "The time needs a zone, such as 2026-09-01T00:00:00+08:00."),
    ("greater_than_equal", "数值过小，至少为 {ge}。", "Too small: at least {ge}."),
    ("less_than_equal", "数值过大，最多为 {le}。", "Too large: at most {le}."),
    ("greater_than", "数值应大于 {gt}。", "This must be greater than {gt}."),
    ("less_than", "数值应小于 {lt}。", "This must be less than {lt}."),
    ("literal_error", "只能是以下之一：{expected}。", "This must be one of {expected}."),
    ("enum", "只能是以下之一：{expected}。", "This must be one of {expected}."),
    ("too_long", "项数过多，最多 {max_length} 项。", "Too many: at most {max_length}."),
    ("too_short", "项数过少，至少 {min_length} 项。", "Too few: at least {min_length}."),
    ("dict_type", "应为 JSON 对象。", "This must be a JSON object."),
    ("model_", "应为 JSON 对象，并以 application/json 发送。",
     "This must be a JSON object sent as application/json."),
    ("list_type", "应为 JSON 数组。", "This must be a JSON array."),
    ("tuple_type", "应为 JSON 数组。", "This must be a JSON array."),
)  # fmt: skip


def printable(value: object, limit: int = _MAX_PLACE) -> str:
    """A text that can be sent and shown, whatever was in it: no lone surrogates, no control characters, cut short."""
    text = str(value)[:limit].encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else "\ufffd" for character in text)


def answer(model: BaseModel, status: int = 200) -> Response:
    """The model as JSON, written once; routes name it as their response_model for the documentation.

    A route that returns the model itself has it checked and copied before it is written, which takes longer.
    """
    return Response(model.model_dump_json(), status_code=status, media_type="application/json")


def render(problem: Problem, path: str) -> JSONResponse:
    """A problem as an answer (application/problem+json). Its slug is bound for the log line of the request."""
    structlog.contextvars.bind_contextvars(problem=problem.type.slug)
    headers: dict[str, str] = {}
    if problem.type.status == UNAUTHENTICATED.status:
        headers["WWW-Authenticate"] = "Bearer"
    if "retry_after" in problem.extra:  # seconds
        headers["Retry-After"] = str(problem.extra["retry_after"])
    body = problem.body(printable(path))
    return JSONResponse(body, status_code=problem.type.status, headers=headers, media_type=CONTENT_TYPE)


def refuse(request: HTTPConnection, problem: Problem) -> Response:
    """A problem as an answer: a page where somebody looks at one, else application/problem+json."""
    pages = getattr(request.app.state, "pages", None)
    if pages is not None and wants_page(request):
        structlog.contextvars.bind_contextvars(problem=problem.type.slug)
        page: Response = pages.refuse(request, problem)
        return page
    return render(problem, request.url.path)


def wants_page(request: HTTPConnection) -> bool:
    """Whether somebody looks at a page: no program, no script of ours that asks for an answer of its own."""
    path, headers = request.url.path, request.headers
    if path.startswith(("/api/", "/static/")) or "x-csrf-token" in headers or "hx-request" in headers:
        return False
    return "text/html" in headers.get("accept", "")


def problem_of_http(error: HTTPException) -> Problem:
    """The problem of an error that the framework raised."""
    return Problem(_BY_STATUS.get(error.status_code, NOT_ACCEPTED if error.status_code < INTERNAL.status else INTERNAL))


def problem_of_validation(errors: Sequence[Any]) -> Problem:
    """The problem of a request that does not have the documented form: a finding for each place, at most 20."""
    return Problem(INVALID, findings=[_finding(error) for error in errors[:_MAX_FINDINGS]])


def _finding(error: dict[str, Any]) -> Finding:
    kind = str(error.get("type", ""))
    context = {key: printable(value) for key, value in (error.get("ctx") or {}).items()}
    place = ".".join(printable(part, 60) for part in error.get("loc", ()))[:_MAX_PLACE]
    zh, en = "此项填写有误，请核对。", "This is not valid."
    if kind == "value_error":  # our own validators write "中文 | English"
        own_zh, bar, own_en = context.get("error", "").partition(" | ")
        zh, en = (own_zh, own_en) if bar else (f"{zh}（{own_zh}）", own_zh or en)
    else:
        for prefix, sentence_zh, sentence_en in _SENTENCES:
            if kind.startswith(prefix):
                zh, en = sentence_zh.format_map(_Blank(context)), sentence_en.format_map(_Blank(context))
                break
    return Finding(slug=_slug(kind), zh=zh, en=en, place=place or "body")


def _slug(kind: str) -> str:
    return "-".join(part for part in kind.lower().split("_") if part.isalnum() and part.isascii()) or "invalid"


class _Blank(dict[str, str]):
    """Figures of a sentence; one that is missing is left out rather than raised."""

    def __missing__(self, key: str) -> str:
        return "…"
