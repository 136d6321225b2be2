"""What the tests share: one segmenter, small knowledge written on the spot, a bot, a client."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browsing import CHROMIUM, FLAGS, REPORT_VIOLATIONS, Site
from databases import PostgreSQL
from running import Server

from qa_bot import Bot, Settings
from qa_bot.facets import FacetReader, read_facets
from qa_bot.journal import Journal
from qa_bot.mistakes import MistakesError
from qa_bot.sources import read_knowledge
from qa_bot.web import LiveBot, create_app

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, BrowserContext, Page

    from qa_bot.knowledge import KnowledgeBase

Write = Callable[[str, str | bytes], Path]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The project's own lexicon and phrases, with folders of the test run's own, without limits."""
    return Settings(
        cache=tmp_path_factory.mktemp("cache"),
        state=tmp_path_factory.mktemp("state"),
        contact="客服电话 400-000-0000",
        asks_per_minute=0,
        reads_per_minute=0,
    )


@pytest.fixture(scope="session")
def facets(settings: Settings) -> FacetReader:
    return read_facets(settings.lexicon / "facets")


@pytest.fixture(scope="session")
def bundled(settings: Settings) -> Bot:
    """The bot on the bundled knowledge base."""
    return Bot.open(settings=settings)


@pytest.fixture(scope="session")
def open_faq(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Bot]:
    """Open a bot on a FAQ table that a test writes out."""

    def open_table(table: str) -> Bot:
        path = tmp_path_factory.mktemp("faq") / "faq.csv"
        path.write_text(table, encoding="utf-8")
        return Bot.open(path, settings)

    return open_table


@pytest.fixture(scope="session")
def seeds(settings: Settings) -> Bot:
    """The bot on the real documents that QA_BOT_SEEDS names."""
    folder = os.environ.get("QA_BOT_SEEDS")
    if not folder:
        pytest.skip("QA_BOT_SEEDS does not name the folder of real documents")
    return Bot.open(folder, settings)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file of knowledge into a folder of the test's own."""

    def write_file(name: str, content: str | bytes) -> Path:
        path = tmp_path / "knowledge" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write_file


@pytest.fixture
def read(facets: FacetReader) -> Callable[[Path], KnowledgeBase]:
    """Read a file or folder as the bot does."""
    return lambda path: read_knowledge(path, facets)


@pytest.fixture
def told(read: Callable[[Path], KnowledgeBase]) -> Callable[[Path], list[str]]:
    """Read a file or folder that is wrong; give its mistakes as they are shown."""

    def read_wrong(path: Path) -> list[str]:
        with pytest.raises(MistakesError) as error:
            read(path)
        assert all(mistake.remedy for mistake in error.value.mistakes)
        return [str(mistake) for mistake in error.value.mistakes]

    return read_wrong


@pytest.fixture
def client_with(bundled: Bot, settings: Settings) -> Callable[..., FlaskClient]:
    """Make a client of the application with some settings changed, and a journal or none."""

    def make(journal: Journal | None = None, **changes: object) -> FlaskClient:
        live = LiveBot(replace(settings, **changes), bot=bundled, journal=journal)
        return create_app(live).test_client()

    return make


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal in a file of the test's own."""
    opened = Journal(f"sqlite:///{tmp_path}/journal.sqlite", most_answers=1000)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a real server: that of QA_BOT_TEST_POSTGRES, or one of the test run's own."""
    if given := os.environ.get("QA_BOT_TEST_POSTGRES"):
        yield given
        return
    server = PostgreSQL()
    yield server.url
    server.close()


@pytest.fixture(scope="session")
def client(bundled: Bot, settings: Settings) -> Iterator[FlaskClient]:
    """A client of the application on the bundled knowledge base."""
    app = create_app(LiveBot(settings, bot=bundled))
    with app.test_client() as client:
        yield client


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """A site of another origin, that the bot lets ask."""
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="session")
def address(settings: Settings, site: Site) -> Iterator[str]:
    """The address of a real server on the bundled knowledge base."""
    server = Server(
        QA_BOT_CACHE=settings.cache,
        QA_BOT_CONTACT=settings.contact,
        QA_BOT_ORIGINS=site.origin,
    )
    try:
        server.listen().wait_for("answering from")
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The real browser."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if not CHROMIUM:
        pytest.skip("there is no chromium on the PATH")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What pages write to the console: errors, warnings, violations of their policy."""
    return []


@pytest.fixture
def visitor(chromium: Browser, complaints: list[str]) -> Iterator[Callable[..., BrowserContext]]:
    """Make a visitor with a browser of their own; no page may complain of anything."""
    contexts = []

    def make(width: int = 1280, height: int = 800, **options: object) -> BrowserContext:
        size = {"width": width, "height": height}
        context = chromium.new_context(**{"viewport": size, "locale": "zh-CN", **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", lambda message: complaints.append(message.text))
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        return context

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def embed(visitor: Callable[..., BrowserContext], site: Site, address: str) -> Callable[..., Page]:
    """Open a page of the other site with the widget's tag; `open_` opens the widget, too."""

    def open_page(
        *,
        head: str | None = None,
        body: str = "",
        policy: str = "",
        lang: str = "zh-CN",
        attributes: str = "",
        open_: bool = False,
        **options: object,
    ) -> Page:
        tag = f'<script src="{address}widget.js" {attributes} defer></script>'
        url = site.write("/", tag if head is None else head, body, lang, policy)
        page = visitor(**options).new_page()
        page.goto(url)
        if open_:
            page.click(".launcher")
            page.wait_for_selector("#q")
        return page

    return open_page


@pytest.fixture(scope="module")
def server(settings: Settings) -> Iterator[Server]:
    """A server on the bundled knowledge base that has opened it."""
    started = Server(QA_BOT_CACHE=settings.cache).listen()
    started.wait_for("answering from")
    yield started
    started.close()
