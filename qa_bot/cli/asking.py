"""Ask a question, and print the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from qa_bot.cli.terminal import (
    json_option,
    knowledge_option,
    mistakes_reported,
    open_bot,
    to_json,
)
from qa_bot.reply import ANSWERED, CLARIFY, LISTED_UNANSWERED

if TYPE_CHECKING:
    from pathlib import Path

    from qa_bot.reply import Reply
    from qa_bot.settings import Settings


@click.command()
@click.argument("question")
@click.option("--top", default=3, show_default=True, type=click.IntRange(0, 20))
@knowledge_option
@click.option("--explain", is_flag=True, help="Tell why: words, rules, contributions.")
@json_option
@click.pass_obj
def ask(
    settings: Settings,
    question: str,
    top: int,
    knowledge: Path | None,
    *,
    explain: bool,
    as_json: bool,
) -> None:
    """Reply to QUESTION; each of the four outcomes is a reply and exits with 0."""
    if not question.strip() or len(question) > settings.max_question_chars:
        message = f"a question has 1 to {settings.max_question_chars} characters"
        raise click.UsageError(message)
    with mistakes_reported(as_json=as_json):
        reply = open_bot(settings, knowledge).ask(question, top=top)
    click.echo(to_json(reply.to_dict()) if as_json else as_text(reply))
    if explain and not as_json:
        click.echo(_explained(reply))


def _explained(reply: Reply) -> str:
    explanation = reply.explanation
    lines = [f"score {explanation.score:.3f} ="]
    for match in explanation.matched:
        met = f"{match.asked} → {match.met}" if match.asked != match.met else match.asked
        lines.append(f"  {match.contribution:.3f}  {match.rule:9} {met}")
    facets = (f"{n}={'、'.join(sorted(v))}" for n, v in reply.query.facets.items())
    lines += [f"facets: {'; '.join(facets)}", f"unused: {' '.join(explanation.unused)}"]
    return "\n".join([*lines, f"next: {reply.runner_up}"])


def as_text(reply: Reply) -> str:
    """Write a reply as a terminal shows it."""
    lines = [f"[{reply.outcome}] {reply.confidence:.2f}  {reply.sentence}"]
    if reply.outcome in {ANSWERED, LISTED_UNANSWERED} and reply.hit:
        lines.append(f"问:{reply.hit.entry.question}")
    if reply.outcome == ANSWERED and reply.hit and reply.hit.passage:
        passage = reply.hit.passage
        lines += [f"答:{passage.text}", f"据:{' '.join(reply.evidence)}"]
        lines.append(f"   {' · '.join(filter(None, (passage.section, str(passage.location))))}")
    if reply.outcome == CLARIFY and reply.clarify:
        lines.append(f"{reply.clarify.prompt} {' / '.join(v for v, _ in reply.clarify.options)}")
    for hit in reply.alternatives:
        mark = "有答案" if hit.entry.answered else "无答案"
        lines.append(f" - {hit.confidence:.2f} [{mark}] {hit.entry.question}")
    return "\n".join(lines)
