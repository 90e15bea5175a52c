"""Places that posts are exempt from; the version of its campaign that each revision is judged by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PLACES = """
    UPDATE entries SET places = (
        SELECT (listed ->> 'quota_per_unit')::smallint
        FROM campaign_versions, jsonb_array_elements(definition -> 'categories') AS listed
        WHERE campaign_versions.campaign_id = entries.campaign_id AND campaign_versions.version = 1
            AND listed ->> 'key' = entries.category
    )
    WHERE slot IS NOT NULL
"""
_IN_FORCE = """
    SELECT coalesce(max(version), 1) FROM campaign_versions
    WHERE campaign_versions.campaign_id = entries.campaign_id AND campaign_versions.made_at <= {at}
"""
_OF_ENTRIES = f"""
    UPDATE entries SET campaign_version = ({_IN_FORCE.format(at="entries.submitted_at")})
    WHERE entries.submitted_at IS NOT NULL
"""
_OF_REVISIONS = f"""
    UPDATE revisions SET campaign_version = ({_IN_FORCE.format(at="revisions.submitted_at")})
    FROM entries WHERE entries.entry_id = revisions.entry_id
"""
_ACTS = """
    UPDATE campaign_versions AS later SET act = CASE
        WHEN later.version = 1 THEN 'opened'
        WHEN later.definition = earlier.definition THEN 'extended'
        ELSE 'amended' END
    FROM campaign_versions AS earlier
    WHERE earlier.campaign_id = later.campaign_id AND earlier.version = greatest(later.version - 1, 1)
"""


def upgrade() -> None:
    op.add_column("entries", sa.Column("places", sa.SmallInteger))
    op.execute(_PLACES)
    op.add_column("entries", sa.Column("campaign_version", sa.Integer))
    op.execute(_OF_ENTRIES)
    op.add_column("revisions", sa.Column("campaign_version", sa.Integer))
    op.execute(_OF_REVISIONS)
    op.alter_column("revisions", "campaign_version", nullable=False)
    op.add_column("campaign_versions", sa.Column("act", sa.Text))
    op.execute(_ACTS)
    op.alter_column("campaign_versions", "act", nullable=False)
