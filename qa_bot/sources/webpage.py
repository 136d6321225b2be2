"""Read an article from a saved web page: its text, without what surrounds it on the site.

The standard library's tolerant parser does: only where blocks begin and end matters, no tree does.
"""

from __future__ import annotations

import codecs
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from qa_bot.mistakes import Location, Mistake, MistakesError, decode, read_bytes
from qa_bot.sources.blocks import Block, join_blocks
from qa_bot.sources.fields import Field, make_entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from qa_bot.knowledge import Entry

DECLARED = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
HEAD_BYTES = 2048
"""How far into the file a page says its encoding."""
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
AS_BROWSERS_DO = {"gb2312": "gb18030", "gbk": "gb18030"}
"""Encodings that pages name, and the wider one that browsers read them by."""
LEFT_OUT = frozenset(
    {"aside", "button", "canvas", "dialog", "footer", "form", "iframe", "math", "menu", "nav"}
    | {"noscript", "object", "script", "select", "style", "svg", "template", "textarea"}
)
"""Elements that are no part of the article."""
VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
INLINE = frozenset(
    {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i"}
    | {"img", "input", "ins", "kbd", "label", "mark", "q", "ruby", "s", "samp", "small", "span"}
    | {"strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr"}
)
CONTENT = frozenset({"main", "article"})
"""Where a page marks its article, nothing outside is part of it."""
HEADINGS = {f"h{level}": level for level in range(1, 7)}
ITEMS = frozenset({"li", "tr", "dd"})
BETWEEN_CELLS = " | "
NOT_AT_ENDS = BETWEEN_CELLS + "\n\t"


def read_webpage(path: Path, name: str) -> Iterator[Entry | Mistake]:
    """Yield the one article: the first h1, else the title, answered by what is below it."""
    page = _Page()
    page.feed(_decode(read_bytes(path, name), name))
    page.close()
    page.end_block()
    marked = [block for block, content in page.blocks if content]
    heading, passages = join_blocks(marked or [block for block, _ in page.blocks], name)
    title = Field((page.title,) if page.title else (), Location(name, line=1))
    question = heading or title
    if not passages:
        remedy = "save the page once its text is shown, or take the file out"
        yield Mistake(Location(name), "the page has no text", remedy)
        return
    url = (page.canonical,) if page.canonical.startswith(("https://", "http://")) else ()
    fields = {"question": question, "url": Field(url, question.location)}
    yield from make_entry(fields, question.location, passages)


def _decode(data: bytes, name: str) -> str:
    """Decode as browsers do: by the mark at the beginning, else by what the page declares."""
    marked = (encoding for mark, encoding in MARKS.items() if data.startswith(mark))
    declared = DECLARED.search(data[:HEAD_BYTES])
    encoding = next(marked, declared[1].decode() if declared else "").lower()
    if not encoding or encoding in {"utf-8", "utf8"}:
        return decode(data, name)[0]
    try:
        return data.decode(AS_BROWSERS_DO.get(encoding, encoding))
    except (LookupError, UnicodeError):
        problem = f"the page says that it is {encoding}, and is not"
        mistake = Mistake(Location(name), problem, "save it as UTF-8")
        raise MistakesError([mistake]) from None


class _Page(HTMLParser):
    """What was found of the page so far."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.canonical = ""
        self.blocks: list[tuple[Block, bool]] = []
        """The blocks, and whether each stands where the page marks its article."""
        self._text: list[str] = []
        self._line = 1
        self._heading = 0
        self._item = False
        self._left_out: list[str] = []
        self._content = 0
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and (given.get("rel") or "").lower() == "canonical":
            self.canonical = (given.get("href") or "").strip()
        hidden = "hidden" in given or given.get("aria-hidden") == "true"
        if tag in LEFT_OUT or (hidden and tag not in VOID | INLINE) or tag in self._left_out:
            self._left_out.append(tag)
        if self._left_out or tag in INLINE:
            return
        if tag == "br":
            self._text.append("\n")
        elif tag in {"td", "th"}:
            self._text.append(BETWEEN_CELLS)
        else:
            in_item = self._item and tag == "p"
            self.end_block()
            self._heading = HEADINGS.get(tag, 0)
            self._item = tag in ITEMS or in_item
            self._in_title = tag == "title"
            self._content += tag in CONTENT

    def handle_endtag(self, tag: str) -> None:
        if tag in self._left_out:
            # What was opened inside and never closed ends with it.
            last = len(self._left_out) - 1 - self._left_out[::-1].index(tag)
            del self._left_out[last:]
        elif not self._left_out and tag not in INLINE | VOID | {"td", "th"}:
            self.end_block()
            self._content -= tag in CONTENT and self._content > 0

    def handle_data(self, data: str) -> None:
        if self._left_out:
            return
        if not any(map(str.strip, self._text)):
            lead = data[: len(data) - len(data.lstrip())]
            self._line = self.getpos()[0] + lead.count("\n")
        self._text.append(" ".join(data.split("\n")))

    def end_block(self) -> None:
        """Keep what was gathered as one block."""
        lines = (" ".join(line.split()) for line in "".join(self._text).split("\n"))
        text = "\n".join(filter(None, (line.strip(NOT_AT_ENDS) for line in lines)))
        self._text = []
        if text and self._in_title:
            self.title = self.title or " ".join(text.split())
        elif text:
            flat = " ".join(text.split()) if self._heading else text
            block = Block(flat, self._line, self._heading, item=self._item)
            self.blocks.append((block, self._content > 0))
        self._heading, self._item, self._in_title = 0, False, False
