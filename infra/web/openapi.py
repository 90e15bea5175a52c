"""Problems in the OpenAPI document, and the document as a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

from contracts.events import Finding
from infra.web.problems import (
    CONTENT_TYPE,
    FORBIDDEN,
    INTERNAL,
    INVALID,
    TOO_LARGE,
    UNAUTHENTICATED,
    UNAVAILABLE,
    ProblemType,
)

Responses = dict[int | str, dict[str, Any]]

EVERYWHERE = (INVALID, TOO_LARGE, INTERNAL, UNAVAILABLE)
"""Problems that any route may answer with."""
SIGNED_IN = (UNAUTHENTICATED, FORBIDDEN)
"""Problems of a route that asks who is calling."""


class ProblemBody(BaseModel):
    """A problem as RFC 9457 says (application/problem+json). `slug` is stable; programs decide by it."""

    type: str = Field(examples=["urn:laurel:problem:not-found"])
    slug: str
    status: int
    title: str = Field(description="In Chinese; what kind of problem it is.")
    title_en: str
    detail: str = Field(description="In Chinese; what was given, what is allowed, how to mend it.")
    detail_en: str
    instance: str = Field(description="The path that was asked for.")
    findings: list[Finding] = []


def problem_responses(*types: ProblemType) -> Responses:
    """`responses=` of a route or router: these problems and those that every route may answer with, by status."""
    by_status: dict[int, dict[str, ProblemType]] = {}
    for kind in (*types, *EVERYWHERE):
        by_status.setdefault(kind.status, {})[kind.slug] = kind
    return {status: _response(kinds.values()) for status, kinds in sorted(by_status.items())}


def _response(kinds: Iterable[ProblemType]) -> dict[str, Any]:
    return {
        "description": " · ".join(f"`{kind.slug}` {kind.en}" for kind in kinds),
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
    }


def with_problems(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """`app.openapi` with the schema that problem responses refer to."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
            parts = schema.pop("$defs", {}) | {"ProblemBody": schema}
            generate().setdefault("components", {}).setdefault("schemas", {}).update(parts)
        return generate()

    return openapi


def document(app: FastAPI) -> str:
    """The application's OpenAPI document as text, always the same for the same code."""
    return json.dumps(app.openapi(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
