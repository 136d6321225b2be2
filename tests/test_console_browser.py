"""The console in a real browser: usable on a phone, by everybody, in light and dark."""

from __future__ import annotations

import subprocess
import sys

import pytest
from browsing import AXE, PHONE, RULES
from running import Server

PASSWORD = "知识库的一个很长的管理密码"
FAQ = "question,answer\n文网文怎么续期?,期满前30日内申请延续。\n演出证多久能办下来?,20日内。\n"
TOO_LOW = """() => [...document.querySelectorAll("main button, main .button, nav a, main input")]
    .filter(e => !["hidden", "checkbox"].includes(e.type) && e.getClientRects().length)
    .filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"""
PAGES = ["/", "/gaps", "/votes", "/coverage", "/entries", "/entries/new", "/import", "/releases"]


@pytest.fixture(scope="module")
def console(settings, tmp_path_factory):
    """The address of a real server with a console, of whom something was asked."""
    folder = tmp_path_factory.mktemp("console")
    (folder / "knowledge").mkdir()
    (folder / "knowledge" / "faq.csv").write_text(FAQ, encoding="utf-8")
    (folder / "judged").mkdir()
    environ = {
        "QA_BOT_CACHE": str(settings.cache),
        "QA_BOT_STATE": str(folder / "state"),
        "QA_BOT_KNOWLEDGE": str(folder / "knowledge"),
        "QA_BOT_JUDGED": str(folder / "judged"),
    }
    command = [sys.executable, "-m", "qa_bot", "password", "--password", PASSWORD]
    subprocess.run(command, env={**environ, "PYTHONUTF8": "1"}, check=True, capture_output=True)
    server = Server(**environ).listen()
    try:
        server.wait_for("answering from")
        for question in ("文网文怎么续期", "今天天气怎么样", "演出证找谁批"):
            server.answer(question)
        yield f"http://127.0.0.1:{server.port}/admin"
    finally:
        server.close()


@pytest.fixture
def enter(visitor, console):
    """Log in with a browser of some size and scheme; give its page."""

    def open_page(**options):
        page = visitor(**options).new_page()
        page.goto(f"{console}/")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_selector("h1:text('概览')")
        return page

    return open_page


def test_the_owner_logs_in_and_out(enter, console):
    page = enter()
    page.click("text=退出")
    page.wait_for_selector("#password")
    page.goto(f"{console}/releases")
    assert page.url.endswith("/admin/login?to=/admin/releases")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_puts_up_barriers(enter, console, scheme):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed")
    page = enter(color_scheme=scheme)
    for path in [*PAGES, "/explain?q=文网文怎么续期"]:
        page.goto(console + path)
        page.wait_for_selector("h1")
        # The console's policy keeps scripts out, also those of a tag; what is evaluated is not.
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate(
            "rules => axe.run(document, {runOnly: rules}).then(r => r.violations)", RULES
        )
        assert [(path, violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


def test_every_page_fits_a_phone_and_can_be_tapped(enter, console):
    page = enter(width=PHONE, height=844)
    for path in [*PAGES, "/explain?q=文网文怎么续期"]:
        page.goto(console + path)
        page.wait_for_selector("h1")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE, path
        small = page.evaluate(TOO_LOW)
        assert small == [], path


def test_on_a_phone_an_answer_is_edited_compared_and_published(enter, console):
    page = enter(width=PHONE, height=844)
    page.goto(f"{console}/entries?q=续期")
    page.click("main a:has-text('怎么续期')")
    page.fill("#answer", "期满前60日内申请延续。")
    page.click("text=写入文件")
    page.wait_for_selector("text=已写入")
    page.goto(f"{console}/releases")
    page.click("text=看文件里有什么变化")
    page.fill("#publish-who", "小王")
    page.fill("#publish-why", "改成60日")
    page.click("button:text-is('发布')")
    page.wait_for_selector("text=第 1 版已经发布")
