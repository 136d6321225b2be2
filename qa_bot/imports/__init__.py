"""Bring knowledge in from files elsewhere, and hand the whole base out.

`plan` says what each row would do, `apply` does it, `write_wrong_rows` gives back what can't be
taken, and `export` writes a file that imports to the same base.
"""

from __future__ import annotations

from qa_bot.imports.applying import apply
from qa_bot.imports.estimate import estimate_rows
from qa_bot.imports.exporting import export
from qa_bot.imports.plan import Plan, Row, Source, State
from qa_bot.imports.planning import INTO, plan
from qa_bot.imports.wrong import write_wrong_rows, wrong_name

__all__ = [
    "INTO",
    "Plan",
    "Row",
    "Source",
    "State",
    "apply",
    "estimate_rows",
    "export",
    "plan",
    "write_wrong_rows",
    "wrong_name",
]
