"""The receipt of a submission, and what comes after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from contracts import words
from services.intake.domain.documents.papers import Cell, ListedFile, Past, ReceiptPaper
from services.intake.domain.documents.posting import filling_words
from services.intake.domain.documents.texts import one_line
from services.intake.domain.entries import Material, MaterialState
from services.intake.domain.errors import WrongStateError
from services.intake.domain.permissions import Caller
from services.intake.ports import Ports
from services.intake.usecases.documents.printable import (
    OLD,
    Printable,
    Titled,
    entry_of,
    past_of,
    printable_of,
    stamp_of,
)


def print_receipt(ports: Ports, caller: Caller, entry_id: UUID, revision: int | None, public_url: str) -> Titled:
    """The receipt of a submission. Raises NotFoundError; WrongStateError for what was never submitted."""
    with ports.store.begin() as tx:
        entry, campaign = entry_of(tx, caller, entry_id)
        past = past_of(tx, entry, revision if revision is not None else (entry.revision or None))
        if past is None:
            raise WrongStateError(
                "此材料尚未提交，没有回执。请提交后再下载。",
                "The entry has not been submitted, so there is no receipt yet.",
                state=entry.state.value,
            )
        held = tx.materials_by_id([material.material_id for material in past.materials])
    return receipt_of(printable_of(entry, campaign.definition, past), past, held, public_url)


def receipt_of(about: Printable, past: Past, held: Mapping[UUID, Material], public_url: str) -> Titled:
    """Of a submission whose files are at hand."""
    definition, receipt = about.definition, past.receipt
    rows = (
        Cell("编号", receipt.receipt_number),
        Cell("推荐单位", one_line(about.entry.unit.name)),
        Cell("类别", about.category.title.zh),
        Cell("名称", one_line(past.fields.get(about.category.title_field, ""))),
        Cell("版本", f"第 {receipt.revision} 次提交"),
        Cell("提交时间", words.instant_zh(receipt.submitted_at, definition.zone)),
    )
    files = []
    for listed in sorted(past.materials, key=lambda m: m.position):
        rule, material = about.category.material(listed.kind), held.get(listed.material_id)
        judged = material is not None and material.state is MaterialState.ACCEPTED and material.object is not None
        digest = material.object.sha256 if material is not None and judged and material.object is not None else None
        kind = rule.label.zh if rule else listed.kind
        files.append(ListedFile(kind, one_line(listed.name), words.size(listed.size), digest or ""))
    stamp = stamp_of(about, public_url)
    paper = ReceiptPaper(
        definition.title.zh,
        definition.organiser.zh,
        rows,
        tuple(files),
        next_steps(about),
        replace(stamp, mark="") if stamp.mark == OLD else stamp,
    )
    return Titled(paper, f"{receipt.receipt_number} 回执")


def next_steps(about: Printable) -> tuple[str, ...]:
    """What happens after a submission, in sentences."""
    definition, deadline, posting = about.definition, about.paper_deadline, about.posting
    steps = []
    when = f"于{words.deadline_zh(deadline, definition.zone)}寄达{definition.organiser.zh}" if deadline else ""
    if posting:
        steps += [f"打印《{form.rule.title.zh}》，核对编号和版本，{filling_words(form)}。" for form in posting.forms]
        papers = "".join(f"《{form.rule.title.zh}》" for form in posting.forms)
        papers += ("和" if papers and posting.enclosures else "") + posting.enclosed
        steps.append(f"寄送{papers}，{when}。" if when else f"按通知要求报送{papers}。")
    else:
        steps.append("材料已在网上提交，不需要寄送纸质材料。")
    again = "并换寄新版本的表格" if posting.forms else "并以新的回执为准"
    steps.append(f"秘书处进行资格审查，结果在平台上通知。如退回修改，请在通知的期限内改好后重新提交，{again}。")
    if definition.calendar.review_due is not None:
        due = words.deadline_zh(definition.calendar.review_due, definition.zone)
        steps.append(f"通过审查的材料进入专家评议，预计{due}完成。")
    return tuple(steps)
