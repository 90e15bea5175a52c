"""What of an entry goes by post: which forms, what has to be signed and sealed on them, which papers go with them."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.campaign import CampaignDefinition, Category, DocumentRule, EnclosureRule
from services.intake.domain.documents.forms import box_label, documents_of


@dataclass(frozen=True, slots=True)
class PostedForm:
    """A form that is posted: the boxes to be filled before, and those that the organiser fills afterwards."""

    rule: DocumentRule
    to_fill: tuple[str, ...]
    left_blank: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Posting:
    """Everything of an entry that goes by post; empty where nothing does."""

    forms: tuple[PostedForm, ...] = ()
    enclosures: tuple[EnclosureRule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.forms or self.enclosures)

    @property
    def enclosed(self) -> str:
        """The enclosures in words, e.g. 纪检证明1份; empty for none."""
        return "、".join(f"{rule.title.zh}{rule.copies}份" for rule in self.enclosures)


def posting_of(definition: CampaignDefinition, category: Category) -> Posting:
    """A form that nobody asked for (made up from the fields) is posted only where papers have a deadline."""
    asked = bool(category.documents) or definition.calendar.paper_deadline is not None
    forms = [rule for rule in documents_of(category) if rule.kind == "form"] if asked else []
    return Posting(tuple(_posted(definition, rule) for rule in forms), category.enclosures)


def _posted(definition: CampaignDefinition, rule: DocumentRule) -> PostedForm:
    to_fill = tuple(box_label(definition, box) for box in rule.boxes if not box.by_organiser)
    left_blank = tuple(box_label(definition, box) for box in rule.boxes if box.by_organiser)
    return PostedForm(rule, to_fill, left_blank)


def filling_words(form: PostedForm) -> str:
    """What to do with the boxes of a form, as a clause: 在“…”栏签署意见、填写日期并加盖公章."""
    sealed = [box.seal for box in form.rule.boxes if not box.by_organiser]
    if not form.to_fill:
        said = "核对无误"
    else:
        act = "签署意见、填写日期并加盖公章" if all(sealed) else "签字并填写日期"
        said = f"在{_quoted(form.to_fill)}栏{act}"
    return said + (f"（{_quoted(form.left_blank)}栏由主办单位填写，请留空）" if form.left_blank else "")


def _quoted(labels: tuple[str, ...]) -> str:
    return "".join(f"“{label}”" for label in labels)
