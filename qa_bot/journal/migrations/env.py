"""Run the steps on the connection that opens the journal; Alembic executes this file."""

from alembic import context

from qa_bot.journal.tables import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables,
)
with context.begin_transaction():
    context.run_migrations()
