"""Keep what was asked, what was said and how it was judged; the owner of SQLAlchemy and Alembic."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, or_, select, update

from qa_bot.journal.database import JournalError as JournalError
from qa_bot.journal.database import open_database, truncate_log
from qa_bot.journal.kept import ASKED, now, row_of, text_of, vote_row
from qa_bot.journal.kept import Kept as Kept
from qa_bot.journal.kept import Vote as Vote
from qa_bot.journal.masking import mask as mask
from qa_bot.journal.reading import Asked as Asked
from qa_bot.journal.reading import Count as Count
from qa_bot.journal.reading import Records
from qa_bot.journal.tables import answers, ignored, votes
from qa_bot.journal.writer import TIDYING, Writer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from qa_bot.reply import Reply
    from qa_bot.settings import Settings

UP, DOWN = RATINGS = ("up", "down")


class Journal(Records):
    """The replies that were given, and the votes on them, in a database.

    One thread writes, from a bounded queue: an answer never waits for the disk. What names a
    person is masked before it is kept.
    """

    def __init__(
        self,
        url: str,
        most_answers: int,
        days: int = 0,
        *,
        questions: bool = True,
        tidying: float = TIDYING,
    ) -> None:
        """Open the database at a URL and bring its tables up to this version.

        Replies beyond the newest `most_answers`, and those older than `days` (0: of any age), are
        deleted, at least every `tidying` seconds; without `questions` no text of them is kept.
        Raise JournalError where the database can't be opened.
        """
        self._engine = open_database(url)
        super().__init__(self._engine)
        self._most_answers = most_answers
        self._days = days
        self._questions = questions
        self._pruned = 0
        self._writer = Writer(self._engine, answers, self._tidy, tidying)

    @classmethod
    def of(cls, settings: Settings) -> Journal:
        """Open the journal that the settings name; raise JournalError where that fails."""
        try:
            settings.state.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JournalError(f"the journal cannot be opened: {error}") from None
        return cls(
            settings.journal.replace("{state}", str(settings.state)),
            settings.journal_answers,
            settings.journal_days,
            questions=settings.journal_questions,
        )

    @property
    def left_out(self) -> int:
        """Tell how many replies could not be kept since the start."""
        return self._writer.left_out

    def keep(self, reply: Reply, context: Mapping[str, Any], top: int) -> None:
        """Keep a reply, and the context and `top` that came with its question.

        Where too many are waiting it is left out, and the log says so.
        """
        self._writer.add(row_of(reply, context, top, now(), with_text=self._questions))

    def vote(self, answer_id: str, rating: str, reasons: Sequence[str], comment: str) -> bool:
        """Keep the vote on a reply instead of any before it; False: no such reply is known."""
        row = vote_row(answer_id, rating, reasons, comment, now())

        def replace(connection: Connection) -> int:
            if not _knows(connection, answer_id):
                return False
            connection.execute(delete(votes).where(votes.c.answer_id == answer_id))
            return connection.execute(insert(votes), row).rowcount

        return bool(self._writer.done(replace))

    def withdraw(self, answer_id: str) -> bool:
        """Forget the vote on a reply, if there is one; False: no such reply is known."""

        def remove(connection: Connection) -> int:
            connection.execute(delete(votes).where(votes.c.answer_id == answer_id))
            return _knows(connection, answer_id)

        return bool(self._writer.done(remove))

    def forget(self, answer_id: str = "", question: str = "") -> int:
        """Delete a reply, or all to a question and what followed to it; give how many went.

        A question is deleted wherever it stands as it was asked or understood, and taken out of
        what came with the next question.
        """
        text = text_of(question)
        asked = answers.c.context[ASKED].as_string()

        def remove(connection: Connection) -> int:
            about = answers.c.id == answer_id
            if text:
                connection.execute(delete(ignored).where(ignored.c.question == text))
                about = or_(about, answers.c.question == text, answers.c.understood == text)
                for row in connection.execute(select(answers).where(asked == text)).mappings():
                    blank = {"context": {**row["context"], ASKED: None}, "masked": True}
                    mine = answers.c.number == row["number"]
                    connection.execute(update(answers).where(mine).values(blank))
            return connection.execute(delete(answers).where(about)).rowcount

        count = self._writer.done(remove)
        truncate_log(self._engine)
        return count

    def ignore(self, key: str, question: str) -> None:
        """Keep a gap out of what is listed, and with it what is asked alike."""
        row = {"key": key, "ignored_at": now(), "question": text_of(question)}

        def replace(connection: Connection) -> int:
            connection.execute(delete(ignored).where(ignored.c.key == key))
            return connection.execute(insert(ignored), row).rowcount

        self._writer.done(replace)

    def heed(self, key: str) -> bool:
        """List a gap again that was ignored; False: it was not."""
        without = delete(ignored).where(ignored.c.key == key)
        return bool(self._writer.done(lambda c: c.execute(without).rowcount))

    def prune(self) -> int:
        """Delete what is too much or too old; give how many replies that were since the opening."""
        self._writer.done(self._tidy)
        return self._pruned

    def close(self) -> None:
        """Write what is waiting, and close the database."""
        self._writer.close()
        self._engine.dispose()

    def _tidy(self, connection: Connection) -> int:
        newest = connection.scalar(select(func.max(answers.c.number))) or 0
        gone = answers.c.number <= newest - self._most_answers
        if self._days:
            gone = or_(gone, answers.c.asked_at < now() - datetime.timedelta(days=self._days))
        pruned = connection.execute(delete(answers).where(gone)).rowcount
        self._pruned += pruned
        return pruned


def _knows(connection: Connection, answer_id: str) -> bool:
    return connection.scalar(select(answers.c.number).where(answers.c.id == answer_id)) is not None
