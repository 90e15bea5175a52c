"""Telephone numbers and mailboxes are not in events: no field could hold one by its name, and no example does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from contracts.campaign_loader import CAMPAIGNS, shipped
from contracts.events import EVENTS
from tests.contract.schemas import examples, schema

PERSONAL = re.compile(
    r"phone|mobile|e_?mail|mailbox|contact|password|passwd|address|id_?card|wechat|tel$", re.IGNORECASE
)


def field_names(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for keyword, value in part.items():
            if keyword == "properties":
                yield from value
            yield from field_names(value)
    elif isinstance(part, list):
        for value in part:
            yield from field_names(value)


@pytest.mark.parametrize("name", sorted([*EVENTS, "envelope"]))
def test_event_has_no_field_for_personal_contact_data(name: str) -> None:
    assert [field for field in field_names(schema(name)) if PERSONAL.search(field)] == []


@pytest.mark.parametrize("field", ["mobile", "contact_phone", "Email", "e_mail", "tel", "home_address"])
def test_such_a_field_would_be_found(field: str) -> None:
    assert PERSONAL.search(field)


def test_no_example_holds_a_telephone_number_or_a_mailbox() -> None:
    for path in examples():
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?<![\d-])1[3-9]\d{9}(?!\d)|[\w.]+@[\w.]+|(?<!\d)0\d{2,3}-\d{7,8}", text), path


@pytest.mark.parametrize("path", sorted(CAMPAIGNS.glob("*.yaml")), ids=lambda path: path.stem)
def test_contact_fields_of_shipped_campaigns_are_private(path: Any) -> None:
    for category in shipped(path.stem).categories:
        for field in category.fields:
            assert field.private or not PERSONAL.search(field.key)


def test_no_example_of_a_submission_holds_a_private_field() -> None:
    private = {field.key for category in shipped("cls-2017").categories for field in category.fields if field.private}
    assert private
    for path in examples():
        if path.parent.name == "entry.submitted.v1":
            for key in private:
                assert f'"{key}"' not in path.read_text(encoding="utf-8")
