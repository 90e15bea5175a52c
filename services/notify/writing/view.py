"""What a template may say: a letter's facts, the campaign's words, the recipient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from contracts.campaign import CampaignDefinition
from services.notify.domain.entries import EntryRecord
from services.notify.domain.letters import Letter, LetterKind
from services.notify.ports import CampaignRecord

PLATFORM = {
    "title": {"zh": "桂冠", "en": "Laurel"},
    "organiser": {"zh": "桂冠平台", "en": "The Laurel platform"},
}
"""Who writes where no campaign does."""
_BEIJING = ZoneInfo("Asia/Shanghai")
_MEANS = {
    "mailed-code": {"zh": "用邮件中的验证码", "en": "with a mailed code"},
    "activation-code": {"zh": "用秘书处重新发放的激活码", "en": "with a new activation code of the secretariat's"},
    "old-one": {"zh": "用原密码", "en": "by somebody who knew the old one"},
}
_ANCHORS = {
    "online_deadline": {"zh": "网上申报截止", "en": "the deadline for online submission"},
    "paper_deadline": {"zh": "纸质材料寄达截止", "en": "the deadline for paper copies"},
    "review_due": {"zh": "评审意见提交截止", "en": "the deadline for scores"},
}
_VERDICTS = {
    "approved": {"zh": "同意", "en": "approved"},
    "returned": {"zh": "退回修改", "en": "returned for mending"},
    "refused": {"zh": "不同意", "en": "not approved"},
}


def view(
    letter: Letter, campaign: CampaignRecord, entry: EntryRecord | None, *, contact_name: str, public_url: str
) -> dict[str, Any]:
    """The variables of a letter's templates; times among them are aware datetimes or ISO 8601 strings."""
    definition = campaign.definition
    words = _Words(definition)
    unit_name = ""
    if letter.addressee.kind == "unit":
        known = definition.unit(letter.addressee.value)
        told = letter.facts.get("unit", {}).get("name", "") or (entry.unit_name if entry else "")
        unit_name = told or (known.name if known else letter.addressee.value)
    return {
        "facts": letter.facts,
        "campaign": {
            "title": definition.title.model_dump(),
            "organiser": definition.organiser.model_dump(),
            "paper_deadline": definition.calendar.paper_deadline,
        },
        "zone": definition.zone,
        "to": {"name": contact_name, "unit": unit_name, "expert": letter.addressee.kind == "account"},
        "entry": {
            "title": entry.title if entry else "",
            "receipt_number": entry.receipt_number if entry else "",
            "category": entry.category if entry else "",
        },
        "category": words.category,
        "material": words.material,
        "level": words.level,
        "verdict": lambda key: _VERDICTS.get(key, {"zh": key, "en": key}),
        "anchor": lambda key: _ANCHORS.get(key, {"zh": key, "en": key}),
        "desk": public_url,
        "list": f"{public_url}/list/{definition.id}",
    }


def view_of_account(letter: Letter, *, contact_name: str, public_url: str, code: str) -> dict[str, Any]:
    """The variables of a letter about an account itself. Raises ValueError where the code has been erased already."""
    if letter.kind is LetterKind.PASSWORD_CODE and not code:
        raise ValueError("there is no code to take out any more")
    means = letter.facts.get("means", "")
    return {
        "facts": letter.facts,
        "campaign": PLATFORM,
        "zone": _BEIJING,
        "to": {"name": contact_name, "unit": "", "expert": False},
        "means": _MEANS.get(means, {"zh": "", "en": ""}),
        "code": code,
        "desk": public_url,
    }


@dataclass(frozen=True, slots=True)
class _Words:
    """A definition's words for its keys; a key it does not know stands for itself."""

    definition: CampaignDefinition

    def category(self, key: str) -> dict[str, str]:
        found = self.definition.category(key)
        return found.title.model_dump() if found else {"zh": key, "en": key}

    def material(self, key: str) -> dict[str, str]:
        for category in self.definition.categories:
            found = category.material(key)
            if found is not None:
                return found.label.model_dump()
        return {"zh": key, "en": key}

    def level(self, key: str) -> dict[str, str]:
        found = next((opinion for opinion in self.definition.opinions if opinion.key == key), None)
        return found.title.model_dump() if found else {"zh": key, "en": key}
