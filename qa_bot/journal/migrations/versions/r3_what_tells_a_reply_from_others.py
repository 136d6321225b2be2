"""Keep what tells whether a reply that is given again is the same."""

import sqlalchemy as sa
from alembic import op

revision = "r3"
down_revision = "r2"


def upgrade() -> None:
    """Add the column, empty in the rows that are there."""
    op.add_column("answers", sa.Column("digest", sa.String(64), nullable=True))
