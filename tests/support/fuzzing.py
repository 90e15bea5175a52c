"""Requests made up from OpenAPI documents: what is asked of each operation, and what every answer has to be like.

A few examples of each are asked in `make test`, always the same. `make fuzz` asks for `FUZZ_EXAMPLES` of each (60),
others each time, with wrong paths and queries as well as wrong bodies; it prints how to repeat what it finds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""Of each operation, instead of the few; 0 for those."""
CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]
SPOILT = (
    "",
    "",
    "",
    "a\0b",
    "a\ud800b",
    "\u202e倒序\u2066",
    "\ufffe",
    "长" * 70_000,
    "🎉" * 20,
    "\x1b[2J",
    "'; --",
    "{{7*7}}",
)
"""What stands for every text of a body now and then, in long runs."""
GOOD = GenerationMode.POSITIVE
BAD = GenerationMode.NEGATIVE


def operations(document: str) -> dict[str, Any]:
    """By method and path."""
    found = schemathesis.openapi.from_file(document).get_all_operations()
    return {one.ok().label: one.ok() for one in found}  # type: ignore[union-attr]  # a broken document has no ok()


def refusable(operation: Any) -> bool:
    """Whether a request to it can be wrong."""
    return bool(operation.body) or bool(EXAMPLES and (operation.query or operation.path_parameters))


def spoilt(body: Any, text: str) -> Any:
    """The same JSON with this for each of its texts."""
    if isinstance(body, dict):
        return {key: spoilt(value, text) for key, value in body.items()}
    if isinstance(body, list):
        return [spoilt(value, text) for value in body]
    return text if isinstance(body, str) else body


def ask(
    operation: Any,
    mode: GenerationMode,
    few: int,
    tokens: Sequence[str],
    there: Mapping[str, str],
    call: Callable[[Any, Mapping[str, str]], Any],
) -> None:
    """Ask an operation by each of these tokens.

    `there`: what ids in paths are to name; in long runs, half of the time.
    """
    long = bool(EXAMPLES)

    @settings(
        max_examples=EXAMPLES or few,
        deadline=None,
        database=None,
        derandomize=not long,
        print_blob=long,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        made_up=st.booleans() if long else st.just(value=False),
        text=st.sampled_from(SPOILT) if long else st.just(""),
    )
    def one(case: Any, made_up: bool, text: str) -> None:  # noqa: FBT001 - an example
        if not made_up:
            given_ = case.path_parameters or {}
            case.path_parameters = {name: there.get(name, value) for name, value in given_.items()}
        if text and isinstance(case.body, (dict, list)):
            case.body = spoilt(case.body, text)
        for token in tokens:
            answer = call(case, {"Authorization": f"Bearer {token}"})
            case.validate_response(answer, checks=CHECKS)

    one()
