"""What goes by post: the forms, what to do with their boxes, what is enclosed; and what each paper says of it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contracts.campaign_loader import shipped
from contracts.events import UnitRef
from services.intake.domain.documents.forms import documents_of
from services.intake.domain.documents.papers import Past
from services.intake.domain.documents.posting import Posting, filling_words, posting_of
from services.intake.domain.entries import Entry, Receipt, State
from services.intake.usecases.documents import Printable, next_steps
from services.intake.usecases.documents.forms import notes_of
from services.intake.usecases.documents.printable import printable_of

DIGEST = "ab" * 32
SUBMITTED = datetime(2025, 3, 1, tzinfo=UTC)


def posting(campaign: str, key: str) -> Posting:
    definition = shipped(campaign)
    category = definition.category(key)
    assert category is not None
    return posting_of(definition, category)


def submitted(campaign: str, key: str) -> Printable:
    entry = Entry(
        entry_id=uuid4(),
        campaign_id=campaign,
        category=key,
        unit=UnitRef(code="unit-a", name="某馆", region="某省"),
        state=State.SUBMITTED,
        version=3,
        revision=1,
        fields={},
        private={},
        created_at=SUBMITTED,
        updated_at=SUBMITTED,
        receipt=Receipt("n.1", 1, DIGEST, SUBMITTED),
    )
    assert entry.receipt is not None
    return printable_of(entry, shipped(campaign), Past(entry.receipt, {}, {}, ()))


@pytest.mark.parametrize("key", ["story", "service", "innovation"])
def test_the_showcase_of_2017_wants_form_and_discipline_proof(key: str) -> None:
    posted = posting("cls-2017", key)

    assert [form.rule.key for form in posted.forms] == ["form"]
    assert posted.enclosed == "纪检证明1份"
    assert filling_words(posted.forms[0]) == "在“推荐单位意见及公章”栏签署意见、填写日期并加盖公章"


@pytest.mark.parametrize("key", ["collective", "special-collective", "individual"])
def test_the_alliance_wants_two_seals_before_posting_and_gives_the_third_itself(key: str) -> None:
    posted = posting("shaanxi-2024", key)

    assert (len(posted.forms), posted.enclosures) == (1, ())
    said = filling_words(posted.forms[0])
    assert "在“单位申报意见”“委员馆推荐意见”栏签署意见" in said
    assert "“联盟工作委员会审定意见”栏由主办单位填写，请留空" in said


@pytest.mark.parametrize(
    ("campaign", "key"), [("shaanxi-2024", "case"), ("plan-2020", "report"), ("reading-photos", "photo")]
)
def test_where_no_paper_is_asked_for_none_is_posted(campaign: str, key: str) -> None:
    about = submitted(campaign, key)

    assert not about.posting
    steps = next_steps(about)
    assert steps[0] == "材料已在网上提交，不需要寄送纸质材料。"
    assert not any("打印" in step or "换寄" in step or "公章" in step for step in steps)
    for rule in about.documents:
        assert notes_of(about, rule) == ("本表由平台按网上提交的内容生成，供核对和留存，无须寄送。",)


def test_the_receipt_says_what_to_print_and_what_goes_with_it_until_when() -> None:
    steps = "".join(next_steps(submitted("cls-2017", "story")))

    assert "打印《推荐表（感人事迹）》" in steps
    assert "寄送《推荐表（感人事迹）》和纪检证明1份，于2017年8月31日（周四）24:00前寄达中国图书馆学会" in steps


def test_the_form_itself_says_the_same() -> None:
    about = submitted("cls-2017", "story")

    (note,) = notes_of(about, documents_of(about.category)[0])

    assert "连同纪检证明1份" in note
    assert "2017年8月31日（周四）24:00前寄达中国图书馆学会" in note


def test_individuals_sign_and_libraries_seal() -> None:
    (photo,) = documents_of(submitted("reading-photos", "photo").category)
    (plan,) = documents_of(submitted("plan-2020", "report").category)

    assert [(box.label.zh if box.label else "", box.seal) for box in photo.boxes] == [("本人签字", False)]
    assert [box.seal for box in plan.boxes] == [True]
    assert plan.title.zh == "指标填报表"
