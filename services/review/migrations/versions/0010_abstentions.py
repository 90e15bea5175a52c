"""An expert may abstain: no conflict, no score, and another takes his seat."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("assessments_state", "assessments")
    op.create_check_constraint(
        "assessments_state", "assessments", "state IN ('assigned', 'submitted', 'recused', 'abstained', 'struck')"
    )
