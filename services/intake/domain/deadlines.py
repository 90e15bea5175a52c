"""How long a unit has: what it is told, what really counts, an extension, the time to mend what was returned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from contracts import words
from services.intake.domain.campaigns import Campaign
from services.intake.domain.entries import Entry, State, accepted_until, submit_until


class Phase(StrEnum):
    """Where a campaign, or one entry of it, stands in time."""

    COMING = "coming"
    OPEN = "open"
    LAST_CALL = "last-call"
    MENDING = "mending"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Standing:
    """How long there is at the moment `now`, in words. `note`: why this unit or entry has another deadline."""

    phase: Phase
    when_zh: str
    when_en: str
    left_zh: str = ""
    left_en: str = ""
    note_zh: str = ""
    note_en: str = ""
    until: datetime | None = None
    """The end of what `left` says; none where nobody is told how long there is."""
    now: datetime | None = None

    @property
    def takes_work(self) -> bool:
        """Whether something can still be submitted."""
        return self.phase in {Phase.OPEN, Phase.LAST_CALL, Phase.MENDING}


def standing(campaign: Campaign, unit_code: str, now: datetime, entry: Entry | None = None) -> Standing:
    """What a unit is told about its time in a campaign, or about one of its entries.

    The deadline shown and the moment at which submitting ends are two settings. Between them the page says that the
    deadline has passed and that the door is still open, not for how long.
    """
    calendar, zone = campaign.definition.calendar, campaign.definition.zone
    if now < calendar.opens:
        opens_zh, opens_en = words.instant_zh(calendar.opens, zone), words.instant_en(calendar.opens, zone)
        return Standing(Phase.COMING, f"{opens_zh}开始申报", f"Entries are taken from {opens_en}")
    note_zh, note_en = _extended(campaign, unit_code)
    shown, ends = campaign.shown_deadline_for(unit_code), campaign.ends_for(unit_code)
    phase = Phase.OPEN
    if entry is not None:
        until = submit_until(campaign, entry)
        if entry.state is State.RETURNED and entry.mend_by is not None and until > shown:
            shown = ends = until
            phase, note_zh, note_en = Phase.MENDING, "退回修改的期限", "Time to mend what was returned"
    when_zh, when_en = words.deadline_zh(shown, zone), words.deadline_en(shown, zone)
    if now < shown:
        left_zh, left_en = words.remaining(shown - now)
        when = f"{when_zh}提交", f"submit {when_en}"
        return Standing(phase, *when, left_zh, left_en, note_zh, note_en, shown, now)
    if now < ends:
        return Standing(
            Phase.LAST_CALL,
            f"公布的截止时间（{when_zh}）已过，系统暂时仍可提交，请立即提交",
            f"the deadline ({when_en}) has passed; submitting still works for a little while: do it now",
            "已过公布的截止时间",
            "The deadline has passed",
            note_zh,
            note_en,
        )
    if entry is not None and now < accepted_until(campaign, entry):
        return Standing(
            Phase.LAST_CALL,
            f"截止时间（{when_zh}）已过；截止时正在上传的文件传完后仍可提交，请勿改动其他内容",
            f"the deadline ({when_en}) has passed; what was being uploaded may still arrive, then submit at once "
            "and change nothing else",
            "已过截止时间，请尽快传完并提交",
            "The deadline has passed: finish the upload and submit",
            note_zh,
            note_en,
        )
    return Standing(Phase.OVER, f"应在{when_zh}提交，已截止", f"it was due {when_en}; closed", "", "", note_zh, note_en)


def _extended(campaign: Campaign, unit_code: str) -> tuple[str, str]:
    extension = campaign.extension(unit_code)
    if extension is None or extension.cutoff <= campaign.definition.calendar.online_deadline:
        return "", ""
    return f"贵单位的截止时间已延长：{extension.reason}", f"Your unit's deadline was extended: {extension.reason}"
