"""Review follows what happens elsewhere, in any order: campaigns, entries, verdicts on materials, accounts, mail."""

from __future__ import annotations

from contracts.campaign import CampaignDefinition
from contracts.events import (
    AccountDisabledV1,
    CampaignAmendedV1,
    CampaignPublishedV1,
    EntrySubmittedV1,
    EntryWithdrawnV1,
    MaterialAcceptedV1,
    MaterialDoubtedV1,
    MaterialInspectedV1,
    MaterialRejectedV1,
    MaterialRenderedV1,
    MessageBouncedV1,
    ReminderSentV1,
    SessionEndedV1,
)
from services.review.domain import cases
from services.review.domain.acts import Act
from services.review.domain.assessments import StrikeReason
from services.review.domain.campaigns import Campaign
from services.review.domain.materials import Doubt, Inspection, Pictures, verdict_of, verdicts_in
from services.review.domain.notes import Note
from services.review.ports import Work
from services.review.usecases.common import strike
from services.review.usecases.resembling import inherit


def campaign_changed(work: Work, event: CampaignPublishedV1 | CampaignAmendedV1) -> None:
    """Keep the newest definition; work that is not done yet gets the new due date."""
    extensions = event.extensions if isinstance(event, CampaignAmendedV1) else ()
    campaign = Campaign(
        event.campaign_id, event.version, CampaignDefinition.from_event(event.definition), tuple(extensions)
    )
    if work.campaigns.put(campaign) and campaign.review_due is not None:
        work.assessments.put_due(campaign.campaign_id, campaign.review_due)


def entry_submitted(work: Work, event: EntrySubmittedV1) -> None:
    """Open a case, or let the new revision supersede the old one. A late, older revision is kept as history."""
    case = work.cases.lock(event.entry_id)
    work.cases.add_revision(cases.revision_of(event))
    work.cases.put_verdicts(verdicts_in(event.entry_id, event.materials))
    inherit(work, event)
    followed = cases.follow_submission(case, event)
    if followed is None:
        return
    work.cases.put(followed)
    strike(work, work.assessments.live_of_entries([event.entry_id]), StrikeReason.NEW_REVISION)
    work.record(
        Act(
            campaign_id=event.campaign_id,
            subject=str(event.entry_id),
            action="case.submitted",
            before={"state": case.state.value, "revision": case.revision} if case else {},
            after={"state": followed.state.value, "revision": followed.revision, "digest": event.digest},
        )
    )


def entry_withdrawn(work: Work, event: EntryWithdrawnV1) -> None:
    """Close the case for good, also if its submission is still on the way."""
    case = work.cases.lock(event.entry_id)
    followed = cases.follow_withdrawal(case, event)
    if followed is None:
        return
    work.cases.put(followed)
    strike(work, work.assessments.live_of_entries([event.entry_id]), StrikeReason.WITHDRAWN)
    work.record(
        Act(
            campaign_id=event.campaign_id,
            subject=str(event.entry_id),
            action="case.withdrawn",
            before={"state": case.state.value, "revision": case.revision} if case else {},
            after={"state": followed.state.value},
            reason=event.reason,
        )
    )


def material_judged(work: Work, event: MaterialAcceptedV1 | MaterialRejectedV1) -> None:
    """Keep media's verdict, whether or not an entry has named the material yet."""
    work.cases.put_verdicts([verdict_of(event)])
    if isinstance(event, MaterialAcceptedV1) and event.round > 1:
        work.cases.put_doubt(Doubt(event.material_id, event.round))


def material_doubted(work: Work, event: MaterialDoubtedV1) -> None:
    """Keep what is wrong with an accepted material by today's rules, for the secretariat to look at."""
    work.cases.put_doubt(Doubt(event.material_id, event.round, event.findings))


def material_rendered(work: Work, event: MaterialRenderedV1) -> None:
    """Keep where pictures of a material stand; all materials of one file show the same ones."""
    work.cases.put_pictures(Pictures.of(event))


def material_inspected(work: Work, event: MaterialInspectedV1) -> None:
    """Keep what media advises about a video, and where its copy for browsers stands."""
    work.cases.put_inspection(Inspection.of(event))


def account_disabled(work: Work, event: AccountDisabledV1) -> None:
    """Refuse the account's tokens from now on; the next assignment gives an expert's unfinished work to others."""
    work.panel.disable(event.account_id, event.reason, event.disabled_at)


def session_ended(work: Work, event: SessionEndedV1) -> None:
    """Refuse the tokens of these sessions from now on."""
    work.panel.end_sessions(event.session_ids, event.ended_at)


def reminder_sent(work: Work, event: ReminderSentV1) -> None:
    """Note beside the unit or expert that they were reminded."""
    work.notes.add(Note(event.recipient, "reminder-sent", event.rule, event.sent_at, event.campaign_id))


def message_bounced(work: Work, event: MessageBouncedV1) -> None:
    """Note beside the unit or expert that mail does not reach them."""
    work.notes.add(Note(event.recipient, "message-bounced", event.reason, event.bounced_at, event.campaign_id))
