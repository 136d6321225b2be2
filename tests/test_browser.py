"""The page in a real Chromium: asking, going back, being offline, typing Chinese, being read."""

from __future__ import annotations

import json
from contextlib import contextmanager
from html.parser import HTMLParser
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from browsing import (
    AXE,
    CLARIFY,
    DESKTOP,
    LISTED,
    OTHER,
    PHONE,
    QUESTION,
    SMALL_PHONE,
    TAKING,
    WITHOUT_WORDS,
    ask,
    contrast,
    luminance,
    turns,
    violations,
)
from running import Server

HOSTILE = "<img src=x onerror=window.harmed=1>"
LIGHT_PAGE = 40 * 1024


@contextmanager
def serving(settings, knowledge):
    """Serve other knowledge in a process of its own; give the address."""
    server = Server(knowledge, QA_BOT_CACHE=settings.cache)
    try:
        server.listen().wait_for("answering from")
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.close()


@pytest.fixture
def visit(visitor, address):
    """Open the page as a visitor of its own, and note what the page asks."""

    def open_page(question="", width=DESKTOP, url=address, **options):
        page = visitor(width=width, **options).new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.extend(asked_by(request)))
        page.goto(f"{url}?q={quote(question)}" if question else url)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("body.live")
        return page

    return open_page


def asked_by(request):
    if request.method == "POST" and request.url.endswith("/answers"):
        return [request.post_data_json["question"]]
    return asked_in(request.url) if request.is_navigation_request() else []


def asked_in(url):
    return parse_qs(urlsplit(url).query).get("q", [])


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
    page.keyboard.press("Escape")  # Closes the suggestions, if there are any, …
    page.keyboard.press("Escape")  # … and empties the box.
    page.wait_for_function("!document.querySelector('#q').value")
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


# ---- typing Chinese


@pytest.mark.parametrize("take", TAKING)
def test_the_enter_that_takes_a_candidate_does_not_send(visit, take):
    page = visit()
    take(page, "wen wang wen", "文网文")
    assert page.input_value("#q") == "文网文"
    assert page.asked == []
    page.press("#q", "Enter")
    page.wait_for_selector(".card")
    assert page.asked == ["文网文"]


def test_questions_are_suggested_from_the_first_letters_of_pinyin(visit):
    page = visit()
    page.locator("#q").press_sequentially("wlwh")
    page.wait_for_selector("[role=option]:has-text('网络文化')")
    page.press("#q", "ArrowDown")
    chosen = page.locator("[aria-selected=true] span").inner_text()
    page.press("#q", "Enter")
    page.wait_for_selector(".turn")
    assert turns(page) == [chosen]


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
    page.locator("#log .turn").nth(1).wait_for()
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
    page.wait_for_selector(".failed:has-text('网络不可用')")
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
    for question in ("", QUESTION, CLARIFY, LISTED, WITHOUT_WORDS, "W" * 300):
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
            one = page.locator(part).first
            paper[scheme, part] = luminance(one, "backgroundColor")
            assert contrast(paper[scheme, part], luminance(one, "color")) >= 7, (scheme, part)
    assert paper["dark", "body"] < 0.1
    assert paper["light", "body"] > 0.8


# ---- being safe


def test_no_page_breaks_its_own_policy_or_complains(visit, complaints):
    page = visit()
    for question in each_kind_of_page(page):
        assert complaints == [], question


def test_the_policy_stops_a_script_that_got_into_the_page(visit, complaints):
    page = visit()
    page.evaluate("""() => {
        const script = document.createElement("script");
        script.append("window.harmed = 1");
        document.body.append(script);
    }""")
    assert page.evaluate("window.harmed") is None
    assert any("TrustedScript" in complaint for complaint in complaints)
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


# ---- what the issue asks of the page


def test_check_27_without_javascript_one_asks_follows_up_and_votes(visit):
    page = visit(java_script_enabled=False)
    page.fill("#q", QUESTION)
    page.press("#q", "Enter")
    page.wait_for_selector(".card.answered mark")
    page.fill("#q", "政府收费吗")
    page.press("#q", "Enter")
    page.wait_for_selector(f"h3:has-text('{OTHER}')")
    page.click("text=有用")
    page.wait_for_selector("#note:has-text('谢谢')")
    assert OTHER in page.inner_text("h3")
    assert page.locator("[data-do]").first.is_hidden()


@pytest.mark.parametrize("question", [QUESTION, CLARIFY, LISTED, WITHOUT_WORDS, "你好"])
def test_the_server_and_the_browser_draw_a_reply_alike(visit, question):
    look = """() => {
        const turn = document.querySelector(".turn").cloneNode(true);
        turn.querySelectorAll("a").forEach((a) => { a.href = new URL(a.href, location).href; });
        turn.querySelectorAll("form").forEach((form) => { form.action = form.action; });
        turn.querySelectorAll("[name=answer], [name=q], [name=c]").forEach((sent) => sent.remove());
        return turn.outerHTML.replace(/c=[^"]*"/g, 'c"');
    }"""
    drawn_by_server = visit(question).evaluate(look)
    page = visit()
    ask(page, question)
    drawn_here = page.evaluate(look)
    assert parts(drawn_here) == parts(drawn_by_server)


def parts(html):
    """Take a page apart into tags with sorted attributes, and texts."""
    pieces = []

    class Taker(HTMLParser):
        def handle_starttag(self, tag, attributes):
            pieces.append((tag, sorted(attributes)))

        def handle_data(self, text):
            if text.strip():
                pieces.append(" ".join(text.split()))

    Taker().feed(html)
    return pieces


def test_check_28_a_deep_link_answers_on_load_and_going_back_restores(visit, address):
    page = visit(QUESTION)
    assert page.title().startswith(QUESTION)
    link = page.get_attribute(".actions a", "href")
    page.goto(address + link.lstrip("/"))
    page.wait_for_selector("body.live")
    assert page.title().startswith(QUESTION)
    assert page.get_attribute("link[rel=canonical]", "href") == page.url
    assert page.get_attribute("meta[property='og:title']", "content") == QUESTION
    known = json.loads(page.inner_text("script[type='application/ld+json']"))
    assert known["@type"] == "FAQPage"
    assert known["mainEntity"][0]["name"] == QUESTION
    assert known["mainEntity"][0]["acceptedAnswer"]["text"] == page.inner_text(".text")
    ask(page, "政府收费吗")
    page.go_back()
    page.locator("#log .turn").nth(1).wait_for(state="detached")
    assert turns(page) == [QUESTION]
    page.go_forward()
    page.locator("#log .turn").nth(1).wait_for()
    assert turns(page) == [QUESTION, "政府收费吗"]
    assert page.locator(".turn:last-child .carried").count() == 1


def test_check_28_a_reload_in_the_middle_still_goes_back(visit):
    page = visit()
    for question in (QUESTION, "政府收费吗"):
        ask(page, question)
    page.reload()
    page.wait_for_selector("body.live")
    assert turns(page) == ["政府收费吗"]
    page.go_back()
    page.wait_for_selector(f".question:has-text('{QUESTION}')")
    assert turns(page) == [QUESTION]


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_check_29_a_key_goes_to_the_question_box(visit, key):
    page = visit()
    page.keyboard.press(key)
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.input_value("#q") == ""


def test_check_29_the_page_is_light_and_asks_nobody_else(visit, address):
    page = visit()
    sizes = []
    page.on("response", lambda response: sizes.append((response.url, response.request.sizes())))
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    page.goto(f"{address}?q={quote(QUESTION)}")
    page.wait_for_selector("body.live")
    page.wait_for_load_state("networkidle")
    assert {urlsplit(url).netloc for url, _ in sizes} == {urlsplit(address).netloc}
    total = sum(size["responseBodySize"] + size["responseHeadersSize"] for _, size in sizes)
    assert 0 < total < LIGHT_PAGE


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_check_29_nothing_moves_while_the_page_loads(visit, address, width):
    page = visit(width=width)
    page.goto(f"{address}?q={quote(QUESTION)}")
    page.wait_for_selector("body.live")
    moved = """() => new Promise((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => list.getEntries().forEach(({value}) => { sum += value; }))
            .observe({type: "layout-shift", buffered: true});
        requestAnimationFrame(() => setTimeout(() => resolve(sum)));
    })"""
    assert page.evaluate(moved) == 0
    assert page.evaluate("scrollY") == 0


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (npm install axe-core)")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [SMALL_PHONE, DESKTOP])
def test_check_29_nothing_is_out_of_reach_on_any_page(visit, scheme, width):
    page = visit(width=width, color_scheme=scheme, reduced_motion="reduce")
    found = {question: violations(page) for question in each_kind_of_page(page)}
    assert {question: wrong for question, wrong in found.items() if wrong} == {}


def test_check_29_no_page_may_run_what_is_not_its_own(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
