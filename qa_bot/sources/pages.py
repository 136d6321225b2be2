"""Read which saved page has which address: from a list of pages, or from a sitemap.

Both name files that lie beside them; nothing is fetched.
"""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from qa_bot.mistakes import Location, Mistake, MistakesError, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SITEMAP = "sitemap.xml"
LISTS = (".pages.txt", ".pages.csv")
LOC = re.compile(r"<loc>\s*(?:<!\[CDATA\[)?\s*(.*?)\s*(?:\]\]>)?\s*</loc>", re.DOTALL)
SEPARATOR = re.compile(r"\s*[\t,;]\s*")
HEADING = re.compile(r"(?:url|链接|网址)\s*[\t,;]", re.IGNORECASE)
COMMENT = "#"


def is_page_list(name: str) -> bool:
    """Tell whether a file of this name says which pages there are."""
    return name.lower().endswith((SITEMAP, *LISTS))


def read_pages(path: Path, name: str) -> Iterator[tuple[Path, str] | Mistake]:
    """Yield each page's file and its address, or what is wrong with a line."""
    try:
        text = read_text(path, name)
    except MistakesError as error:
        yield from error.mistakes
        return
    folder = path.parent
    found = False
    for line, url, candidates in _listed(text, sitemap=name.lower().endswith(SITEMAP)):
        found = True
        place = Location(name, line=line)
        inside = (folder / file for file in candidates if ".." not in PurePosixPath(file).parts)
        file = next((file for file in inside if file.is_file()), None)
        if not url.startswith(("https://", "http://")):
            yield Mistake(place, f"{url!r} is not a web address", "write it as https://host/path")
        elif not file or not file.resolve().is_relative_to(folder.resolve()):
            remedy = "save the page there, or take the line out"
            yield Mistake(place, f"no file {candidates[0]!r} lies beside the list", remedy)
        else:
            yield file, url
    if not found:
        remedy = "write a line each: https://host/path, a tab, the file; or delete the list"
        yield Mistake(Location(name), "the list names no page", remedy)


def _listed(text: str, *, sitemap: bool) -> Iterator[tuple[int, str, Sequence[str]]]:
    """Yield line, address, and the files that may hold the page."""
    if sitemap:
        for match in LOC.finditer(text):
            url = unescape(match[1])
            yield text.count("\n", 0, match.start(1)) + 1, url, _files_of(url)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith(COMMENT) or (number == 1 and HEADING.match(line)):
            continue
        url, *rest = SEPARATOR.split(line.strip(), maxsplit=1)
        file = (rest[0] if rest else "").strip('"').replace("\\", "/").lstrip("/")
        yield number, url.strip('"'), (file,) if file else _files_of(url)


def _files_of(url: str) -> Sequence[str]:
    """Give where programs that save sites put a page, the likeliest first."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return (url,)
    path = unquote(parts.path).strip("/")
    names = [f"{path}/index.html", f"{path}/index.htm"] if path else ["index.html", "index.htm"]
    if path:
        names = [path, f"{path}.html", f"{path}.htm", *names]
    if parts.query:
        names = [f"{path}?{parts.query}", f"{path}?{parts.query}.html", *names]
    hosted = [f"{parts.netloc}/{name}" for name in names]
    alone = [PurePosixPath(path).name, f"{PurePosixPath(path).name}.html"] if path else []
    return (*names, *hosted, *alone)
