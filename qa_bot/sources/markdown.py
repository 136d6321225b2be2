"""Read an article in Markdown with front matter; the owner of markdown-it and PyYAML."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml
from markdown_it import MarkdownIt

from qa_bot.mistakes import Location, Mistake, read_text
from qa_bot.sources.blocks import Block, join_blocks
from qa_bot.sources.fields import Field, field_name, make_entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markdown_it.token import Token

    from qa_bot.knowledge import Entry

FENCE = "---"
FRONT_MATTER = re.compile(r"\s*---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
SOFT_BREAK = "\r"
BETWEEN_LATIN = re.compile(r"(?<=[!-~])\r(?=[!-~])")
"""A line end that parts two words, as none between Chinese characters does."""


def read_markdown(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Yield the one article: fields from the front matter, passages from the body."""
    text = read_text(path, name)
    match = FRONT_MATTER.match(text)
    if text.lstrip().startswith(FENCE) and not match:
        yield Mistake(Location(name, line=1), "the front matter has no end", "close it with ---")
        return
    offset = text[: match.end()].count("\n") if match else 0
    fields: dict[str, Field] = {}
    wrong = False
    if match:
        first_line = text[: match.start(1)].count("\n") + 1
        for found in _read_front_matter(match[1], name, first_line):
            if isinstance(found, Mistake):
                wrong = True
                yield found
            else:
                fields[found[0]] = found[1]
    # Line ends in the front matter's stead keep the body's line numbers those of the file.
    body = "\n" * offset + text[match.end() :] if match else text
    heading, passages = join_blocks(_blocks(body), name)
    if heading:
        fields.setdefault("question", heading)
    if not passages:
        yield Mistake(Location(name), "the article has no text", "write it below the front matter")
    elif not wrong:
        location = fields["question"].location if "question" in fields else Location(name, line=1)
        yield from make_entry(fields, location, passages)


def field_lines(text: str) -> tuple[dict[str, int], int]:
    """Give the line of each field's key, and that of the closing fence (0: no front matter).

    The text is that of an article that can be read.
    """
    match = FRONT_MATTER.match(text)
    if not match:
        return {}, 0
    first = text[: match.start(1)].count("\n") + 1
    node = yaml.compose(match[1], yaml.SafeLoader)
    found: dict[str, int] = {}
    for key, _ in node.value if node else ():
        name = field_name(str(key.value), Location(""))
        if isinstance(name, str):
            found[name] = first + key.start_mark.line
    return found, text[: match.end()].count("\n") + 1


def _read_front_matter(
    text: str, name: str, first_line: int
) -> Iterator[tuple[str, Field] | Mistake]:
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = first_line + text.count("\n", 0, error.position)
        problem = f"broken front matter ({error.reason})"
        yield Mistake(Location(name, line=line), problem, "write the line anew")
        return
    except yaml.MarkedYAMLError as error:
        # An unclosed quote is noticed where the text ends; its context is where it begins.
        in_quotes = (error.context or "").startswith("while scanning a quoted")
        mark = error.context_mark if in_quotes else error.problem_mark
        line = first_line + (mark.line if mark else 0)
        remedy = "put a value that holds a colon or quotes in '…'"
        yield Mistake(Location(name, line=line), f"broken front matter ({error.problem})", remedy)
        return
    if not isinstance(node, yaml.MappingNode):
        remedy = "write lines like title: …"
        yield Mistake(Location(name, line=first_line), "the front matter has no fields", remedy)
        return
    taken: set[str] = set()
    for key, value in node.value:
        location = Location(name, line=first_line + key.start_mark.line)
        field = field_name(str(key.value), location)
        values = _values(value)
        if isinstance(field, Mistake):
            yield field
        elif field == "answer":
            yield Mistake(location, "the answer is the body", "write it below the front matter")
        elif field in taken:
            yield Mistake(location, f"{key.value!r} is a second {field}", "keep one of the lines")
        elif values is None:
            yield Mistake(location, f"{key.value!r} is nested too deep", "give a text or a list")
        else:
            taken.add(field)
            yield field, Field(values, location)


def _values(node: yaml.Node) -> tuple[str, ...] | None:
    """Give the texts of a scalar, of a list of scalars, or `name=value` of a mapping of these."""
    if isinstance(node, yaml.ScalarNode):
        return (node.value.strip(),) if node.value.strip() else ()
    values: list[str] = []
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            if not isinstance(item, yaml.ScalarNode):
                return None
            values.append(item.value.strip())
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = None if isinstance(value, yaml.MappingNode) else _values(value)
            if inner is None:
                return None
            values += [f"{key.value}={text}" for text in inner]
    return tuple(value for value in values if value)


def _blocks(text: str) -> Iterator[Block]:
    heading = depth = 0
    line = 1
    for token in MarkdownIt("commonmark", {"html": False}).parse(text):
        line = token.map[0] + 1 if token.map else line
        match token.type:
            case "heading_open":
                heading = int(token.tag[1:])
            case "list_item_open":
                depth += 1
            case "list_item_close":
                depth -= 1
            case "inline" | "fence" | "code_block":
                yield Block(_plain(token), line, heading, item=depth > 0)
                heading = 0


def _plain(token: Token) -> str:
    """Give the words of inline Markdown without its marks."""
    if token.children is None:
        return token.content.strip()
    breaks = {"softbreak": SOFT_BREAK, "hardbreak": "\n"}
    parts = [breaks.get(child.type, child.content) for child in token.children]
    return BETWEEN_LATIN.sub(" ", "".join(parts)).replace(SOFT_BREAK, "").strip()
