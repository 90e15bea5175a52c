"""From events to messages: once for each cause and recipient, to those it concerns, whatever comes first."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import permutations
from threading import Barrier, Thread
from uuid import uuid4

import pytest

from contracts import events as e
from services.notify.usecases import happenings as h
from services.notify.usecases.correspondence import look_at_waiting
from tests.integration.notify import scenes
from tests.integration.notify.post_office import Office


def _queued(office: Office) -> Counter[str]:
    """Kinds of letters that have messages, by addressee."""
    rows = office.rows(
        "SELECT l.kind, l.addressee FROM messages m JOIN letters l USING (letter_id) WHERE m.state = 'queued'"
    )
    return Counter(f"{row.kind} {row.addressee}" for row in rows)


def test_every_event_reaches_those_it_concerns(office: Office) -> None:
    expert = uuid4()
    office.contact("ok.u1@example.org", unit="u1")
    office.contact("ok.u2@example.org", unit="u2")
    office.contact("ok.office@example.org", roles=("secretariat",))
    office.contact("ok.expert@example.org", roles=("expert",), account_id=expert)
    entry = scenes.submitted()
    office.happen(h.campaign_published, scenes.published(scenes.definition(units=2)))
    office.happen(h.material_rejected, scenes.rejected(entry, unit="u1"))
    office.happen(h.entry_submitted, entry)
    office.happen(h.opinion_given, scenes.opinion(entry))
    office.happen(h.entry_returned, scenes.returned(entry))
    office.happen(h.entry_submitted, scenes.submitted(entry_id=entry.entry_id, revision=2))
    office.happen(h.entry_eligible, scenes.eligible(entry.model_copy(update={"revision": 2})))
    office.happen(h.assessment_assigned, scenes.assigned(expert, entry_id=entry.entry_id))
    office.happen(h.notice_opened, scenes.notice(entry))
    office.happen(h.objection_filed, scenes.objection(entry))
    office.happen(h.decision_published, scenes.decision(entry))
    office.happen(h.entry_withdrawn, scenes.withdrawn(scenes.submitted(unit="u2")))

    assert _queued(office) == {
        "material-refused unit:u1": 1,
        "receipt unit:u1": 2,
        "opinion unit:u1": 1,
        "returned unit:u1": 1,
        "eligible unit:u1": 1,
        f"assigned account:{expert}": 1,
        "notice unit:u1": 1,
        "notice unit:u2": 1,
        "objection role:secretariat": 1,
        "decision unit:u1": 1,
        "decision unit:u2": 1,
        "withdrawal unit:u2": 1,
    }


def test_unit_hears_with_all_its_contacts_and_nobody_else_does(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    ours = {office.contact(f"ok.{n}@example.org", unit="u1") for n in range(3)}
    office.contact("ok.other@example.org", unit="u2")
    office.contact("ok.expert@example.org", unit="u1", roles=("expert",))
    office.happen(h.entry_submitted, scenes.submitted(unit="u1"))

    assert {row.account_id for row in office.rows("SELECT account_id FROM messages")} == ours


def test_same_event_twice_writes_once(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.contact("ok.u1@example.org", unit="u1")
    entry, event_id = scenes.submitted(), uuid4()
    for _ in range(3):
        office.happen(h.entry_submitted, entry, event_id)

    assert office.count("letters") == 1
    assert office.count("messages") == 1


def test_letter_waits_for_the_contact_and_goes_out_when_it_comes(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.happen(h.entry_submitted, scenes.submitted())
    (waiting,) = office.rows("SELECT state, reason FROM letters")
    assert (waiting.state, waiting.reason) == ("waiting", "no-contact")

    account = office.contact("ok.u1@example.org", unit="u1")

    assert [row.account_id for row in office.rows("SELECT account_id FROM messages")] == [account]
    assert office.count("letters", "state = 'distributed'") == 1


def test_colleague_who_registers_later_does_not_get_the_letters_of_the_past(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.contact("ok.first@example.org", unit="u1")
    office.happen(h.entry_submitted, scenes.submitted())
    office.contact("ok.second@example.org", unit="u1")

    assert office.count("messages") == 1


def test_letter_that_nobody_could_get_expires_on_record(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.happen(h.entry_submitted, scenes.submitted())
    office.moved = timedelta(days=91)
    look_at_waiting(office.begin)

    (row,) = office.rows("SELECT state, reason FROM letters")
    assert (row.state, row.reason) == ("expired", "no-contact")


def test_letter_waits_for_its_campaign(office: Office) -> None:
    office.contact("ok.u1@example.org", unit="u1")
    office.happen(h.entry_submitted, scenes.submitted())
    assert office.count("letters", "reason = 'campaign-unknown'") == 1
    office.happen(h.campaign_published, scenes.published(scenes.definition()))

    assert office.count("messages") == 1


def test_refused_material_of_an_unknown_entry_waits_until_the_entry_is_known(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.contact("ok.u1@example.org", unit="u1")
    entry = scenes.submitted()
    office.happen(h.material_rejected, scenes.rejected(entry))
    office.happen(h.opinion_given, scenes.opinion(entry))
    assert office.count("messages") == 0
    office.happen(h.entry_submitted, entry)

    assert _queued(office) == {"receipt unit:u1": 1, "material-refused unit:u1": 1, "opinion unit:u1": 1}


def test_notice_before_the_campaign_reaches_listed_and_invited_units_once_each(office: Office) -> None:
    entry = scenes.submitted(unit="branch")  # not among the invited
    office.happen(h.notice_opened, scenes.notice(entry))
    for code in ("u1", "u2", "u3", "branch"):
        office.contact(f"ok.{code}@example.org", unit=code)
    office.happen(h.campaign_published, scenes.published(scenes.definition()))

    assert _queued(office) == {f"notice unit:{code}": 1 for code in ("u1", "u2", "u3", "branch")}
    (own,) = office.rows("SELECT facts FROM letters WHERE addressee = 'unit:branch'")
    assert [row["receipt_number"] for row in own.facts["own"]] == [entry.receipt_number]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_list_in_several_events_is_one_letter_to_each_unit(office: Office, order: tuple[int, ...]) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(units=3)))
    for code in ("u1", "u2", "u3"):
        office.contact(f"ok.{code}@example.org", unit=code)
    listed = [scenes.submitted(unit=unit, category=what) for unit, what in (("u1", "a"), ("u2", "b"), ("u1", "c"))]
    notice, decision = scenes.in_parts(scenes.notice(*listed)), scenes.in_parts(scenes.decision(*listed))
    for at in order[:2]:
        office.happen(h.notice_opened, notice[at])
        office.happen(h.decision_published, decision[at])
    assert office.count("letters") == 0, "half a list is no list"
    office.happen(h.notice_opened, notice[order[2]])
    office.happen(h.decision_published, decision[order[2]])
    office.happen(h.notice_opened, notice[order[0]])  # published once more

    assert _queued(office) == {f"{kind} unit:u{n}": 1 for kind in ("notice", "decision") for n in (1, 2, 3)}
    for row in office.rows("SELECT addressee, facts FROM letters WHERE addressee LIKE 'unit:%'"):
        own = {"unit:u1": ["S-u1-a", "S-u1-c"], "unit:u2": ["S-u2-b"], "unit:u3": []}[row.addressee]
        assert (row.facts["total"], [entry["receipt_number"] for entry in row.facts["own"]]) == (3, own)


def test_parts_that_come_at_the_same_moment_make_a_whole(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(units=2)))
    parts = scenes.in_parts(scenes.notice(*(scenes.submitted(unit=f"u{n}") for n in range(8))))
    start = Barrier(len(parts))

    def hear(part: e.NoticeOpenedV1) -> None:
        start.wait()
        office.happen(h.notice_opened, part)

    threads = [Thread(target=hear, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert office.count("letters", "addressee LIKE 'campaign:%'") == 1
    (letter,) = office.rows("SELECT facts FROM letters WHERE addressee LIKE 'campaign:%'")
    assert letter.facts["total"] == 8


@pytest.mark.parametrize("order", list(permutations(("assigned", "revoked", "contact"))))
def test_letter_of_work_that_was_taken_away_does_not_go_out_later(office: Office, order: tuple[str, ...]) -> None:
    expert = uuid4()
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    gone, other = scenes.assigned(expert), scenes.assigned(expert)
    for step in order:
        if step == "assigned":
            office.happen(h.assessment_assigned, gone)
            office.happen(h.assessment_assigned, other)
        elif step == "revoked":
            office.happen(h.assessment_revoked, scenes.revoked(gone))
        else:
            office.contact("ok.expert@example.org", roles=("expert",), account_id=expert)

    told_in_time = order.index("revoked") == 2
    assert _queued(office) == {f"assigned account:{expert}": 2 if told_in_time else 1}
    cancelled = office.rows("SELECT reason FROM letters WHERE state = 'cancelled'")
    assert [row.reason for row in cancelled] == ([] if told_in_time else ["assessment-revoked"])


def test_account_with_two_hats_gets_one_mail_for_one_cause(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    account = office.contact("ok.u1@example.org", unit="u1", roles=("unit", "secretariat"))
    entry = scenes.submitted()
    cause = office.happen(h.objection_filed, scenes.objection(entry))
    with office.store() as store:
        (letter,) = [row.letter for row in store.log("season", None, 10) if row.letter.cause == cause]
        assert not store.add_message(letter, account, give_up_at=letter.useful_until)

    assert office.count("messages") == 1


def test_verdict_on_an_older_revision_is_recorded_and_not_sent(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.contact("ok.u1@example.org", unit="u1")
    first = scenes.submitted()
    office.happen(h.entry_submitted, scenes.submitted(entry_id=first.entry_id, revision=2))
    office.happen(h.entry_returned, scenes.returned(first))

    (row,) = office.rows("SELECT state, reason FROM letters WHERE kind = 'returned'")
    assert (row.state, row.reason) == ("cancelled", "superseded")
    assert office.rows("SELECT state FROM entries")[0].state == "submitted"


def test_verdict_that_overtakes_its_submission_stands(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.contact("ok.u1@example.org", unit="u1")
    entry = scenes.submitted()
    office.happen(h.entry_eligible, scenes.eligible(entry))
    office.happen(h.entry_submitted, entry)

    assert _queued(office) == {"eligible unit:u1": 1, "receipt unit:u1": 1}
    (row,) = office.rows("SELECT state, receipt_number FROM entries")
    assert (row.state, row.receipt_number) == ("eligible", entry.receipt_number)


def test_receipt_that_its_withdrawal_has_overtaken_is_recorded_and_not_sent(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    office.contact("ok.u1@example.org", unit="u1")
    entry = scenes.submitted()
    office.happen(h.entry_withdrawn, scenes.withdrawn(entry))
    office.happen(h.entry_submitted, entry)

    assert _queued(office) == {"withdrawal unit:u1": 1}
    (row,) = office.rows("SELECT state, reason FROM letters WHERE kind = 'receipt'")
    assert (row.state, row.reason) == ("cancelled", "entry-withdrawn")


def test_disabled_account_gets_nothing_and_its_contact_is_erased(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition()))
    gone = office.contact("ok.gone@example.org", unit="u1")
    stays = office.contact("ok.stays@example.org", unit="u1")
    office.happen(h.entry_submitted, scenes.submitted())
    event = e.AccountDisabledV1(account_id=gone, reason="离职", disabled_at=scenes.now())
    office.happen(h.account_disabled, event)
    office.happen(h.account_disabled, event)
    office.happen(h.entry_submitted, scenes.submitted(category="service"))

    rows = office.rows("SELECT account_id, state FROM messages")
    assert Counter((row.account_id, row.state) for row in rows) == {(gone, "cancelled"): 1, (stays, "queued"): 2}
    assert office.count("contacts") == 1


def test_contact_and_letter_that_come_at_the_same_moment_find_each_other(office: Office) -> None:
    office.happen(h.campaign_published, scenes.published(scenes.definition(units=40)))
    start = Barrier(2)

    def register() -> None:
        for n in range(1, 31):
            start.wait()
            office.contact(f"ok.u{n}@example.org", unit=f"u{n}")

    def submit() -> None:
        for n in range(1, 31):
            start.wait()
            office.happen(h.entry_submitted, scenes.submitted(unit=f"u{n}"))

    threads = [Thread(target=register), Thread(target=submit)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    office.moved = timedelta(seconds=20)  # whoever missed the other is looked at again
    look_at_waiting(office.begin, limit=100)

    assert office.count("messages") == 30
    assert office.count("letters", "state = 'distributed'") == 30


def test_contact_is_unreadable_in_the_database(office: Office) -> None:
    office.contact("ok.secret@example.org", unit="u1")
    (row,) = office.rows("SELECT row_to_json(contacts)::text AS line FROM contacts")
    assert not any(part in row.line for part in ("secret", "example.org", "13800000000", "张晓"))
