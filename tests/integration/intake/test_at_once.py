"""Saving survives a database that drops its connections."""

from __future__ import annotations

from tests.integration.intake.desk import Intake


def test_a_save_goes_through_though_every_connection_was_cut(intake: Intake) -> None:
    unit = intake.unit()
    entry = unit.save(unit.entry(intake.open()), title="之前")

    intake.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'laurel-intake-at-once' AND datname = current_database()"
    )

    assert unit.save(entry, title="之后")["fields"]["title"] == "之后"
    assert unit.get(f"/entries/{entry['entry_id']}").ok()["version"] == entry["version"] + 1
