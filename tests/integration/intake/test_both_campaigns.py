"""Every category of the two great campaigns, as shipped: from an empty draft to a receipt by API."""

from __future__ import annotations

import pytest

from contracts.campaign import CampaignDefinition, Category, FieldRule
from contracts.campaign_loader import shipped
from services.intake.domain.permissions import RECOMMENDERS
from tests.integration.intake.desk import Caller, Intake
from tests.integration.intake.test_other_campaigns import opened, slugs

BY_KIND = {
    "line": "一本书的旅行",
    "text": "一、缘起\n二十年前，书车第一次开进山里。",
    "date": "2019-05-01",
    "number": "35",
    "phone": "029-80000000",
    "email": "reader@example.org",
}
CATEGORIES = [(name, category.key) for name in ("cls-2017", "shaanxi-2024") for category in shipped(name).categories]


def sample(rule: FieldRule) -> str:
    return rule.options[0] if rule.kind == "choice" else BY_KIND[rule.kind]


def recommender(intake: Intake, definition: CampaignDefinition, category: Category) -> Caller:
    """An account of a listed unit of the first kind that may recommend here."""
    unit = next(unit for unit in definition.units if unit.kind == category.recommenders[0])
    return intake.caller(unit.kind if unit.kind in RECOMMENDERS else "unit", unit=unit.code, name=unit.name)


@pytest.mark.parametrize(("name", "key"), CATEGORIES)
def test_a_category_is_recommended_from_draft_to_receipt(intake: Intake, name: str, key: str) -> None:
    definition, campaign = shipped(name), opened(intake, name)
    category = definition.category(key)
    assert category is not None
    unit = recommender(intake, definition, category)
    required = {rule.key for rule in category.fields if rule.required}
    wanted = {f"materials.{rule.key}" for rule in category.materials if rule.min_count}

    entry = unit.entry(campaign, key)
    assert {place for _, place in slugs(unit, entry)} == required | wanted
    entry = unit.save(entry, **{rule.key: sample(rule) for rule in category.fields})
    for rule in category.materials:
        for number in range(rule.min_count):
            unit.upload(entry, name=f"{number}.jpg")
    entry = unit.get(f"/entries/{entry['entry_id']}").ok()
    receipt = unit.submit(entry).ok(201)

    assert receipt["receipt_number"] == f"{campaign}.{key}.0001"
    event = intake.events(entry["entry_id"])[-1]
    assert event["type"] == "entry.submitted.v1"
    assert set(event["data"]["fields"]) == {rule.key for rule in category.fields if not rule.private}
    papers = unit.get(f"/entries/{entry['entry_id']}/documents").ok()
    assert [one["key"] for one in papers["documents"]] == [rule.key for rule in category.documents]
    assert papers["receipt_number"] == receipt["receipt_number"]
    bound = not category.quota_kinds or category.recommenders[0] in category.quota_kinds
    if category.quota_per_unit and bound:
        for _ in range(category.quota_per_unit - 1):
            unit.entry(campaign, key)
        unit.post(f"/campaigns/{campaign}/entries", category=key).refused(409, "quota-used")
