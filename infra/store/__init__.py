"""PostgreSQL: engines, transactions, the database's clock, migrations."""

from infra.store.database import Database

__all__ = ["Database"]
