"""The house: imports go one way, each library has one owner, importing does nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from qa_bot.settings import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

ROOMS = [
    "settings",
    "mistakes",
    "logs",
    "vocabulary",
    "text",
    "dictionary",
    "lattice",
    "segmenter",
    "lexicon",
    "embeddings",
    "facets",
    "knowledge",
    "sources",
    "edits",
    "imports",
    "mining",
    "analyzer",
    "repair",
    "query",
    "index",
    "weights",
    "evidence",
    "ranking",
    "explanation",
    "reply",
    "phrases",
    "smalltalk",
    "dialogue",
    "opening",
    "bot",
    "suggestions",
    "journal",
    "evaluation",
    "lint",
    "releases",
    "gaps",
    "web",
    "cli",
    "__main__",
]

OWNERS = {
    "jieba": {"dictionary.py"},
    "opencc": {"text.py"},
    "pypinyin": {"text.py"},
    "sklearn": {"index/learning.py"},
    "scipy": {"index/building.py", "index/learning.py"},
    "numba": {"index/compiled.py"},
    "openpyxl": {"sources/workbook.py"},
    "markdown_it": {"sources/markdown.py"},
    "yaml": {"sources/markdown.py"},
    "sqlalchemy": {"journal/"},
    "alembic": {"journal/"},
    "prometheus_client": {"web/metrics.py"},
    "flask": {"web/"},
    "werkzeug": {"web/"},
    "waitress": {"web/server.py"},
    "rjsmin": {"web/assets.py"},
    "rcssmin": {"web/assets.py"},
    "argon2": {"web/console/access.py"},
    "itsdangerous": {"web/console/access.py"},
    "click": {"cli/"},
}

PACKAGE = PROJECT / "qa_bot"
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def test_every_module_belongs_to_a_room():
    assert {room_of(path) for path in MODULES} - {"__init__"} == set(ROOMS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_imports_only_from_rooms_above_it(path):
    if path == PACKAGE / "__init__.py":
        return
    own = ROOMS.index(room_of(path))
    inner = [name.split(".")[1] for name in imports(path) if name.startswith("qa_bot.")]
    assert [room for room in inner if room in ROOMS and ROOMS.index(room) > own] == []


@pytest.mark.parametrize("library", OWNERS)
def test_a_library_has_one_owner(library):
    users = [
        path.relative_to(PACKAGE).as_posix()
        for path in MODULES
        if any(name.split(".")[0] == library for name in imports(path))
    ]
    assert users
    assert [u for u in users if not any(u.startswith(owner) for owner in OWNERS[library])] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_says_first_what_it_does(path):
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":"))


def test_the_package_docstring_lists_the_rooms_in_order():
    text = ast.get_docstring(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
    listed = [line.split()[0] for line in text.splitlines() if line.startswith("    ")]
    assert listed == [room for room in ROOMS if room != "__main__"]


def test_importing_does_nothing():
    code = (
        "import sys, threading; import qa_bot.cli, qa_bot.web.server; "
        "print(threading.active_count(), 'jieba.cache' in str(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", code],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=True,
    )
    assert done.stdout.split()[0] == "1"
    assert done.stderr == ""
