"""Lay out the journal's tables as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

tables = MetaData()

answers = Table(
    "answers",
    tables,
    Column("number", Integer, primary_key=True),
    Column("id", String(32), unique=True, nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("question", Text, nullable=False),
    Column("understood", Text, nullable=False),
    Column("outcome", String(20), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("entry", String, nullable=True),
    Column("rule", String(40), nullable=False),
    Column("nearest", String, nullable=True),
    Column("nearest_confidence", Float, nullable=True),
    Column("margin", Float, nullable=True),
    Column("facets", JSON(none_as_null=True), nullable=True),
    Column("clarify", String, nullable=True),
    Column("release", Integer, nullable=False, server_default="0"),
    Column("top", Integer, nullable=True),
    Column("context", JSON(none_as_null=True), nullable=True),
    Column("masked", Boolean, nullable=False, server_default=text("false")),
    Column("digest", String(64), nullable=True),
    Index("answers_by_time", "asked_at"),
    sqlite_autoincrement=True,
)
"""The replies that were given; times are in UTC. Rows older than a column hold nothing in it."""

votes = Table(
    "votes",
    tables,
    Column("answer_id", ForeignKey(answers.c.id, ondelete="CASCADE"), primary_key=True),
    Column("voted_at", DateTime, nullable=False),
    Column("rating", String(4), nullable=False),
    Column("reasons", JSON, nullable=False),
    Column("comment", Text, nullable=False),
)
"""The last vote on each reply."""

ignored = Table(
    "ignored_gaps",
    tables,
    Column("key", String(32), primary_key=True),
    Column("ignored_at", DateTime, nullable=False),
    Column("question", Text, nullable=False),
)
"""The gaps that an owner does not want to see again, by their first question."""
