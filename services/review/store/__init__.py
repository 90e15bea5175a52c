"""Review on PostgreSQL: tables, and a `Work` that is one transaction."""

from services.review.store.work import SqlWork

__all__ = ["SqlWork"]
