"""Intake's database: tables, and the Store that the use cases work on."""

from services.intake.store.postgres import PostgresStore
from services.intake.store.tables import BUS, METADATA

__all__ = ["BUS", "METADATA", "PostgresStore"]
