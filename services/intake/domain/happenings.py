"""The timeline that a unit sees of its entries and campaigns: what happened, in a sentence of each language."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts import events as e
from contracts import words

BEIJING = ZoneInfo("Asia/Shanghai")
"""For sentences about something whose campaign is not at hand; pages name the zone."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the timeline. Without an entry it concerns the campaign, or the unit, as a whole."""

    kind: str
    at: datetime
    zh: str
    en: str
    campaign_id: str | None = None
    entry_id: UUID | None = None
    unit_code: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


VERDICTS = {"approved": ("同意", "approved"), "returned": ("退回", "returned"), "refused": ("不同意", "refused")}


def of_submission(event: e.EntrySubmittedV1) -> Happening:
    return Happening(
        kind="submitted",
        at=event.submitted_at,
        zh=f"已提交（第 {event.revision} 次），回执号 {event.receipt_number}。",
        en=f"Submitted (revision {event.revision}), receipt {event.receipt_number}.",
        campaign_id=event.campaign_id,
        entry_id=event.entry_id,
        unit_code=event.unit.code,
        data={"revision": event.revision, "digest": event.digest},
    )


def of_withdrawal(event: e.EntryWithdrawnV1) -> Happening:
    return Happening(
        kind="withdrawn",
        at=event.withdrawn_at,
        zh=f"已撤回：{event.reason}" if event.reason else "已撤回。",
        en=f"Withdrawn: {event.reason}" if event.reason else "Withdrawn.",
        campaign_id=event.campaign_id,
        entry_id=event.entry_id,
        unit_code=event.unit.code,
    )


def of_verdict(event: e.EntryReturnedV1 | e.EntryEligibleV1 | e.EntryIneligibleV1) -> Happening:
    """What the secretariat found about a revision."""
    data: dict[str, Any] = {"revision": event.revision}
    if isinstance(event, e.EntryEligibleV1):
        kind, zh, en = "eligible", "资格审查通过。", "Found eligible."
    else:
        reasons_zh = "".join(finding.zh for finding in event.findings)
        reasons_en = " ".join(finding.en for finding in event.findings)
        data["findings"] = [finding.model_dump(mode="json") for finding in event.findings]
        if isinstance(event, e.EntryReturnedV1):
            kind = "returned"
            zh = f"退回修改，请在{words.deadline_zh(event.mend_by, BEIJING)}修改后重新提交。{reasons_zh}"
            en = f"Returned: mend it and submit again {words.deadline_en(event.mend_by, BEIJING)}. {reasons_en}"
            data["mend_by"] = event.mend_by.isoformat()
        else:
            kind, zh, en = "ineligible", f"资格审查未通过。{reasons_zh}", f"Found ineligible. {reasons_en}"
    return Happening(
        kind, event.decided_at, zh, en, event.campaign_id, event.entry_id, event.unit.code, data
    )  # fmt: skip


def of_material(event: e.MaterialAcceptedV1 | e.MaterialRejectedV1, name: str, unit_code: str) -> Happening:
    if isinstance(event, e.MaterialAcceptedV1):
        kind, zh, en = "material-accepted", f"{name} 符合要求。", f"{name} fits the rules."
    else:
        kind = "material-rejected"
        zh = f"{name} 不符合要求：" + "".join(finding.zh for finding in event.findings)
        en = f"{name} does not fit the rules: " + " ".join(finding.en for finding in event.findings)
    data = {"material_id": str(event.material_id)}
    return Happening(kind, event.judged_at, zh, en, event.campaign_id, event.entry_id, unit_code, data)


def of_doubt(event: e.MaterialDoubtedV1, name: str, unit_code: str, *, open_: bool) -> Happening:
    """`open_`: whether its unit can still replace it."""
    zh = f"复核发现 {name} 不符合要求：" + "".join(finding.zh for finding in event.findings)
    en = f"Judged again, {name} does not fit the rules: " + " ".join(finding.en for finding in event.findings)
    zh += "请替换后再提交。" if open_ else "已提交的材料不受影响，由秘书处决定是否需要更换。"
    en += " Replace it before you submit." if open_ else " What was submitted stays; the secretariat decides."
    data = {"material_id": str(event.material_id)}
    return Happening("material-doubted", event.judged_at, zh, en, event.campaign_id, event.entry_id, unit_code, data)


def of_opinion(event: e.OpinionGivenV1) -> Happening:
    verdict_zh, verdict_en = VERDICTS[event.verdict]
    return Happening(
        kind="opinion",
        at=event.given_at,
        zh=f"逐级意见（{event.level}）：{verdict_zh}。{event.text}",
        en=f"Opinion ({event.level}): {verdict_en}. {event.text}".strip(),
        campaign_id=event.campaign_id,
        entry_id=event.entry_id,
        data={"level": event.level, "verdict": event.verdict, "revision": event.revision, "text": event.text},
    )


def of_notice(event: e.NoticeOpenedV1) -> list[Happening]:
    """One for the campaign, and one for each entry that stands on the proposed list."""
    zh = f"公示开始，异议请在{words.deadline_zh(event.closes_at, BEIJING)}提出。"
    en = f"The public notice is open; objections are taken {words.deadline_en(event.closes_at, BEIJING)}."
    data = {"closes_at": event.closes_at.isoformat()}
    whole = [Happening("notice-opened", event.opens_at, zh, en, event.campaign_id, data=data)]
    return [
        *(whole if event.part == 1 else ()),
        *(
            Happening(
                kind="notice-listed",
                at=event.opens_at,
                zh=f"进入公示名单。{zh}",
                en=f"On the proposed list. {en}",
                campaign_id=event.campaign_id,
                entry_id=listed.entry_id,
                unit_code=listed.unit.code,
                data={"rank": listed.rank},
            )
            for listed in event.listed
        ),
    ]


def of_objection(event: e.ObjectionFiledV1) -> Happening:
    return Happening(
        kind="objection",
        at=event.filed_at,
        zh="公示期间收到异议，秘书处正在核实。",
        en="An objection came in during the public notice; the secretariat is looking into it.",
        campaign_id=event.campaign_id,
        entry_id=event.entry_id,
        data={"objection_id": str(event.objection_id)},
    )


def of_decision(event: e.DecisionPublishedV1) -> list[Happening]:
    """One for the campaign, and one for each entry on the final list."""
    zh = f"{event.issuer}已发布决定（{event.number}）。"
    en = f"{event.issuer} has published its decision ({event.number})."
    data = {"number": event.number, "issuer": event.issuer}
    whole = [Happening("decision-published", event.published_at, zh, en, event.campaign_id, data=data)]
    return [
        *(whole if event.part == 1 else ()),
        *(
            Happening(
                kind="decision-listed",
                at=event.published_at,
                zh=f"入选最终名单。{zh}",
                en=f"On the final list. {en}",
                campaign_id=event.campaign_id,
                entry_id=listed.entry_id,
                unit_code=listed.unit.code,
                data=data | {"rank": listed.rank},
            )
            for listed in event.listed
        ),
    ]


def of_reminder(event: e.ReminderSentV1) -> Happening:
    return Happening(
        kind="reminder",
        at=event.sent_at,
        zh="已向联系人发送提醒。",
        en="A reminder was sent to the contact person.",
        campaign_id=event.campaign_id,
        unit_code=event.recipient,
        data={"rule": event.rule},
    )


def of_bounce(event: e.MessageBouncedV1) -> Happening:
    return Happening(
        kind="message-bounced",
        at=event.bounced_at,
        zh="一封发给联系人的邮件未能送达，请核对联系方式。",
        en="A message to the contact person did not arrive; check the contact data.",
        campaign_id=event.campaign_id,
        unit_code=event.recipient,
    )
