"""Keep what it takes to ask again and to find gaps; and which gaps are ignored."""

import sqlalchemy as sa
from alembic import op

revision = "r2"
down_revision = "r1"


def upgrade() -> None:
    """Add the columns, empty in the rows that are there, the index by time, and the table."""
    for column in (
        sa.Column("nearest", sa.String, nullable=True),
        sa.Column("nearest_confidence", sa.Float, nullable=True),
        sa.Column("margin", sa.Float, nullable=True),
        sa.Column("facets", sa.JSON, nullable=True),
        sa.Column("clarify", sa.String, nullable=True),
        sa.Column("release", sa.Integer, nullable=False, server_default="0"),
        sa.Column("top", sa.Integer, nullable=True),
        sa.Column("context", sa.JSON, nullable=True),
        sa.Column("masked", sa.Boolean, nullable=False, server_default=sa.text("false")),
    ):
        op.add_column("answers", column)
    op.create_index("answers_by_time", "answers", ["asked_at"])
    op.create_table(
        "ignored_gaps",
        sa.Column("key", sa.String(32), primary_key=True),
        sa.Column("ignored_at", sa.DateTime, nullable=False),
        sa.Column("question", sa.Text, nullable=False),
    )
