"""Write what was planned into the knowledge, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa_bot.edits.revision import Revision
from qa_bot.edits.staging import only_writer
from qa_bot.imports.plan import State
from qa_bot.imports.planning import stamps_of
from qa_bot.mistakes import Location, Mistake, MistakesError

if TYPE_CHECKING:
    from qa_bot.imports.plan import Plan
    from qa_bot.knowledge import KnowledgeBase


def apply(plan: Plan, *, remove: bool = False) -> KnowledgeBase:
    """Write new entries into their source's table and changed ones where they stand; give the base.

    Rows that are wrong are left out. Entries to remove go only with `remove`. Raise MistakesError,
    and write nothing, where the knowledge is not what the plan was made for.
    """
    if not plan.changes_anything(remove=remove):
        return plan.base
    plan.root.mkdir(parents=True, exist_ok=True)
    with only_writer(plan.root):
        if stamps_of(plan.root) != plan.stamps:
            place = Location(str(plan.root))
            problem = "the knowledge was changed since the import was looked at"
            raise MistakesError([Mistake(place, problem, "look at it again, then import")])
        revision = Revision(plan.root, plan.base)
        gone = set()
        for row in plan.rows:
            table = plan.sources[row.source].table
            if row.state is State.CHANGED and row.old and row.new:
                revision.change(row.old, row.new, table)
            elif row.state is State.NEW and row.new:
                revision.add(row.new, table)
            elif row.state is State.REMOVED and row.old and remove:
                revision.remove(row.old)
                gone.add(row.old.id)
        expected = [entry for entry in plan.result if entry.id not in gone]
        return revision.put_in_place(expected, plan.facets)
