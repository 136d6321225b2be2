"""The page in a real Chromium: asking, going back, being offline, typing Chinese, being read."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from running import Server

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on the PATH")

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error("CSP", event.violatedDirective, event.blockedURI))"""

QUESTION = "网络文化经营许可证的有效期是几年，什么时候申请续期？"
OTHER = "办网络文化经营许可证政府收费吗？"
LISTED = "浙江网络文化经营许可证变更股权需要提交哪些材料？"
WITHOUT_WORDS = "？？？"
HOSTILE = "<img src=x onerror=window.harmed=1>"
PHONE, SMALL_PHONE, DESKTOP = 390, 320, 1280


@contextmanager
def serving(settings, knowledge=None):
    """Serve in a process of its own; give the address."""
    server = Server(knowledge, QA_BOT_CACHE=settings.cache, QA_BOT_CONTACT=settings.contact)
    try:
        server.listen().wait_for("answering from")
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.close()


@pytest.fixture(scope="module")
def address(settings):
    with serving(settings) as address:
        yield address


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def complaints():
    """What a page writes to the console: errors, warnings, violations of its policy."""
    return []


@pytest.fixture
def visit(chromium, address, complaints):
    """Open the page as a visitor of its own; at the end nothing may have been complained about."""
    contexts = []

    def open_page(question="", width=DESKTOP, url=address, **options):
        context = chromium.new_context(viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        context.add_init_script(REPORT_VIOLATIONS)
        page = context.new_page()
        page.asked = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: page.asked.extend(asked_in(request.url)))
        page.goto(f"{url}?q={quote(question)}" if question else url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def asked_in(url):
    return parse_qs(urlsplit(url).query).get("q", [])


def ask(page, question):
    page.fill("#q", question)
    page.press("#q", "Enter")
    page.wait_for_selector(".turn:not(.unfinished) >> text=" + question)


def turns(page):
    return [
        text.removeprefix("您问：") for text in page.locator("#log .question").all_text_contents()
    ]


# ---- asking


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_asking_gives_an_answer_with_its_sentence_marked_and_no_reload(visit, width):
    page = visit(width=width)
    page.evaluate("window.stayed = true")
    ask(page, QUESTION)
    assert page.locator(".card.answered mark").first.is_visible()
    assert page.evaluate("window.stayed")
    assert page.input_value("#q") == ""
    assert asked_in(page.url) == [QUESTION]


def test_asking_works_without_javascript(visit):
    page = visit(java_script_enabled=False)
    page.fill("#q", QUESTION)
    page.press("#q", "Enter")
    page.wait_for_selector(".card.answered mark")
    page.click("text=重新开始")
    opener = page.inner_text(".openers a >> nth=0")
    page.click(".openers a >> nth=0")
    assert page.locator(".card.answered h3").inner_text().endswith(opener)


def test_asking_works_with_the_keyboard_alone(visit):
    page = visit()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "跳到提问框"
    page.keyboard.press("/")
    assert page.input_value("#q") == ""
    page.keyboard.type("打错")
    page.keyboard.press("Escape")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector(".answered")
    assert page.asked == [QUESTION]
    assert page.evaluate("document.activeElement.id") == "q"


def test_an_opener_asks_its_question_and_keeps_the_keyboards_place(visit):
    page = visit()
    opener = page.locator(".openers a").first
    question = opener.inner_text()
    opener.press("Enter")
    page.wait_for_selector(".answered")
    assert turns(page) == [question]
    assert page.evaluate("document.activeElement.id") == "log"


def test_a_question_that_is_too_long_is_not_sent(visit):
    page = visit()
    page.fill("#q", "文" * 501)
    page.press("#q", "Enter")
    assert page.inner_text("#note") == "问题最长 500 个字，现在是 501 个字。"
    ask(page, QUESTION)
    assert page.asked == [QUESTION]


# ---- follow-ups


def test_a_follow_up_is_understood_from_the_turn_before(visit):
    page = visit()
    ask(page, QUESTION)
    ask(page, "政府收费吗")
    assert OTHER in page.inner_text(".turn:last-child h3")
    assert "网络文化经营许可证" in page.inner_text(".turn:last-child .carried")


def test_what_was_taken_over_is_dropped_with_a_click(visit):
    page = visit()
    ask(page, QUESTION)
    ask(page, "政府收费吗")
    page.click(".turn:last-child .carried a")
    page.locator("#log .turn").nth(2).wait_for()
    assert page.locator(".turn:last-child .carried").count() == 0


def test_going_back_takes_the_conversation_back(visit):
    page = visit()
    ask(page, QUESTION)
    ask(page, "营业性演出许可证有效期多长？")
    page.go_back()
    page.locator("#log .turn").nth(1).wait_for(state="detached")
    ask(page, "政府收费吗")
    assert OTHER in page.inner_text(".turn:last-child h3")


# ---- typing Chinese: the Enter that takes a candidate does not send; the next one does, once


def compose(page, text):
    """Leave pinyin uncommitted in the box, as an input method does."""
    browser = page.context.new_cdp_session(page)
    page.focus("#q")
    end = {"selectionStart": len(text), "selectionEnd": len(text)}
    browser.send("Input.imeSetComposition", {"text": text, **end})
    return browser


def test_enter_that_takes_a_candidate_in_chrome_does_not_send(visit):
    page = visit()
    enter = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    browser = compose(page, "wen wang wen")
    browser.send("Input.dispatchKeyEvent", enter)
    browser.send("Input.insertText", {"text": "文网文"})
    assert page.input_value("#q") == "文网文"
    page.press("#q", "Enter")
    page.wait_for_selector(".card")
    assert page.asked == ["文网文"]


def test_enter_while_a_candidate_is_open_does_not_send(visit):
    page = visit()
    enter = {"type": "keyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    browser = compose(page, "wen wang wen")
    browser.send("Input.dispatchKeyEvent", {**enter, "text": "\r"})
    browser.send("Input.insertText", {"text": "文网文"})
    page.press("#q", "Enter")
    page.wait_for_selector(".card")
    assert page.asked == ["文网文"]


def test_enter_that_takes_a_candidate_in_safari_does_not_send(visit):
    """Safari ends the composition first and sends the key after it, with the code 229."""
    page = visit()
    compose(page, "wen wang wen").send("Input.insertText", {"text": "文网文"})
    goes_on = page.evaluate("""document.getElementById("q").dispatchEvent(new KeyboardEvent(
        "keydown", {key: "Enter", keyCode: 229, bubbles: true, cancelable: true}))""")
    assert goes_on is False
    page.press("#q", "Enter")
    page.wait_for_selector(".card")
    assert page.asked == ["文网文"]


# ---- going back, and losing the network


def test_going_back_and_forward_restores_the_replies(visit):
    page = visit()
    ask(page, QUESTION)
    ask(page, OTHER)
    assert turns(page) == [QUESTION, OTHER]
    page.go_back()
    page.locator("#log .turn").nth(1).wait_for(state="detached")
    assert turns(page) == [QUESTION]
    assert page.title().startswith(QUESTION)
    page.go_forward()
    page.wait_for_selector(f".question:has-text('{OTHER}')")
    assert page.title().startswith(OTHER)
    page.go_back()
    page.go_back()
    page.wait_for_selector(".openers", state="visible")
    assert turns(page) == []


def test_a_question_asked_offline_stays_typed_and_is_asked_once_online(visit, complaints):
    page = visit()
    page.context.set_offline(True)
    page.fill("#q", QUESTION)
    page.press("#q", "Enter")
    assert "现在没有网络" in page.inner_text(".failed")
    assert page.input_value("#q") == QUESTION
    page.context.set_offline(False)
    page.wait_for_selector(".answered")
    assert page.asked == [QUESTION, QUESTION]
    assert turns(page) == [QUESTION]
    assert page.input_value("#q") == ""
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in complaints)
    complaints.clear()


# ---- being read


def each_kind_of_page(page):
    """Show the empty page and one page of each outcome, with all that folds unfolded."""
    start = page.url
    for question in ("", QUESTION, LISTED, WITHOUT_WORDS, "W" * 300):
        page.goto(f"{start}?q={quote(question)}")
        for summary in page.locator("summary").all():
            summary.click()
        yield question


@pytest.mark.parametrize("width", [SMALL_PHONE, PHONE])
def test_nothing_is_wider_than_a_phone(visit, width):
    page = visit(width=width)
    for question in each_kind_of_page(page):
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, question


def test_everything_to_touch_is_big_enough_for_a_thumb(visit):
    page = visit(width=PHONE)
    for question in each_kind_of_page(page):
        small = page.evaluate("""[...document.querySelectorAll("a, button, summary, #q")]
            .filter((target) => target.checkVisibility() && !target.matches(".skip"))
            .map((target) => [target.innerText || target.id, target.getBoundingClientRect()])
            .filter(([, box]) => box.height < 44 || box.width < 44)""")
        assert small == [], question


def test_the_box_has_letters_that_no_phone_zooms_in_on(visit):
    size = visit(width=PHONE).eval_on_selector("#q", "(box) => getComputedStyle(box).fontSize")
    assert float(size.removesuffix("px")) >= 16


def test_in_the_dark_paper_is_dark_and_ink_still_stands_out(visit):
    paper = {}
    for scheme in ("light", "dark"):
        page = visit(QUESTION, color_scheme=scheme)
        for part in ("body", ".card", "mark"):
            back, ink = (luminance(page, part, name) for name in ("backgroundColor", "color"))
            paper[scheme, part] = back
            contrast = (max(back, ink) + 0.05) / (min(back, ink) + 0.05)
            assert contrast >= 7, (scheme, part)
    assert paper["dark", "body"] < 0.1
    assert paper["light", "body"] > 0.8


def luminance(page, part, name):
    """Give how bright a colour is, from 0 to 1, as WCAG reckons it."""
    colour = page.eval_on_selector(part, f"(part) => getComputedStyle(part).{name}")
    channels = [int(number) / 255 for number in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# ---- being safe


def test_no_page_breaks_its_own_policy_or_complains(visit, complaints):
    page = visit()
    for question in each_kind_of_page(page):
        assert complaints == [], question


def test_the_policy_stops_a_script_that_got_into_the_page(visit, complaints):
    page = visit()
    page.evaluate("""document.body.append(Object.assign(
        document.createElement("script"), {textContent: "window.harmed = 1"}))""")
    assert page.evaluate("window.harmed") is None
    assert any("script-src" in complaint for complaint in complaints)
    complaints.clear()


def test_markup_that_is_typed_stays_text_with_and_without_a_reply(visit, complaints):
    page = visit()
    ask(page, HOSTILE)
    page.context.set_offline(True)
    page.fill("#q", HOSTILE)
    page.press("#q", "Enter")
    page.wait_for_selector(".failed")
    complaints.clear()
    assert turns(page) == [HOSTILE, HOSTILE]
    assert page.locator("#log img").count() == 0
    assert page.evaluate("window.harmed") is None


def test_markup_in_the_knowledge_stays_text(visit, settings, write):
    path = write("坏.csv", f"question,answer\n问{HOSTILE}？,答{HOSTILE}。\n")
    with serving(settings, path) as address:
        page = visit(url=address)
        page.click(".openers a")
        page.wait_for_selector(".answered")
        assert page.inner_text(".text") == f"答{HOSTILE}。"
        assert page.locator("#log img").count() == 0
        assert page.evaluate("window.harmed") is None
