"""The widget in use: typing Chinese, suggestions, losing the network, coming back, voting."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager

import pytest
from browsing import (
    CLARIFY,
    DESKTOP,
    LISTED,
    NO_MATCH,
    OTHER,
    QUESTION,
    TAKING,
    ask,
    compose,
    turns,
)
from running import Server

ANSWERS = "**/api/v1/answers"
SUGGEST = "**/api/v1/suggest*"
HOSTILE = (
    "<img src=x onerror=alert(1)><script>alert(2)</script> javascript:alert(3) \u202e反了\u202c "
    "𠮷野家😀可以，见 https://example.cn/a/b 或 http://example.cn/x，"
    "电话 010-12345678、13800138000，邮箱 a.b@example.cn。"
)


@pytest.fixture
def sent():
    """The questions that reached the network, in order."""
    return []


@pytest.fixture
def chat(embed, sent):
    """Open the widget; what it asks is noted."""

    def open_chat(**options):
        page = embed(open_=True, **options)
        page.on(
            "request",
            lambda request: (
                sent.append(request.post_data_json["question"])
                if request.url.endswith("/answers") and request.method == "POST"
                else None
            ),
        )
        return page

    return open_chat


@contextmanager
def serving(settings, knowledge, site, **environ):
    """Serve other knowledge to the same site; give the address."""
    server = Server(knowledge, QA_BOT_CACHE=settings.cache, QA_BOT_ORIGINS=site.origin, **environ)
    try:
        server.listen().wait_for("answering from")
        yield f"http://127.0.0.1:{server.port}/"
    finally:
        server.close()


def suggested(page):
    return page.locator("[role=option]").all_inner_texts()


# ---- typing Chinese: the Enter that takes a candidate does not send; the next one does, once


@pytest.mark.parametrize("take", TAKING)
def test_check_09_the_enter_that_takes_a_candidate_does_not_send(chat, sent, take):
    page = chat()
    take(page, "wen wang wen", "文网文")
    assert page.input_value("#q") == "文网文"
    assert sent == []
    page.press("#q", "Enter")
    page.wait_for_selector(".card")
    assert sent == ["文网文"]


@pytest.mark.parametrize("take", TAKING)
def test_check_10_nor_does_it_choose_a_suggestion(chat, sent, take):
    page = chat()
    page.locator("#q").press_sequentially("营业性")
    page.wait_for_selector("[role=option]")
    page.press("#q", "ArrowDown")
    take(page, "yan chu", "演出")
    assert page.input_value("#q") == "营业性演出"
    assert sent == []


def test_check_11_pinyin_is_looked_up_while_it_is_composed(chat):
    page = chat()
    compose(page, "wanglu")
    page.wait_for_selector("[role=option]")
    assert all("网络" in text for text in suggested(page))


def test_check_11_a_late_response_never_replaces_a_newer_one(chat):
    page = chat()
    late = []

    def hold(route):
        late.append(route)

    page.route("**/suggest?q=w&*", hold)
    page.locator("#q").press_sequentially("w")
    page.locator("#q").press_sequentially("lwh")
    page.wait_for_selector("[role=option]:has-text('网络文化')")
    shown = suggested(page)
    for route in late:
        route.fulfill(json={"suggestions": []}, headers={"Access-Control-Allow-Origin": "*"})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert suggested(page) == shown


def test_check_12_every_key_is_looked_up_at_once(chat):
    """How soon its suggestions are seen is measured by bench/widget.py."""
    page = chat()
    looked_up = []
    page.on("request", lambda request: looked_up.append(request.url))
    for typed in ("算", "算法", "算法备"):
        with page.expect_response(SUGGEST):
            page.locator("#q").press_sequentially(typed[-1])
    assert len([url for url in looked_up if "/suggest?" in url]) == 3


def test_suggestions_say_which_have_an_answer(chat):
    page = chat()
    page.fill("#q", "浙江网络文化")
    page.wait_for_selector("[role=option].lacks")
    assert "暂无答案" in page.locator("[role=option].lacks").first.inner_text()
    page.fill("#q", "文网文")
    page.wait_for_selector("[role=option].has")
    assert "有答案" in page.locator("[role=option].has").first.inner_text()


def combobox(page):
    names = ("aria-expanded", "aria-activedescendant")
    return [page.get_attribute("#q", name) for name in names]


def test_check_13_the_question_box_is_a_combobox(chat, sent):
    page = chat()
    assert page.get_attribute("#q", "role") == "combobox"
    assert page.get_attribute("#q", "aria-autocomplete") == "list"
    assert page.get_attribute("#q", "aria-controls") == "suggestions"
    assert page.get_attribute("#suggestions", "role") == "listbox"
    assert combobox(page) == ["false", None]
    page.locator("#q").press_sequentially("文网文")
    page.wait_for_selector("[role=option]")
    assert combobox(page) == ["true", None]
    last = page.locator("[role=option]").count() - 1
    moves = [
        ("ArrowDown", 0),
        ("ArrowDown", 1),
        ("ArrowUp", 0),
        ("ArrowUp", None),
        ("ArrowUp", last),
        ("ArrowDown", None),
        ("ArrowDown", 0),
        ("Home", None),
        ("ArrowDown", 0),
        ("End", None),
    ]
    for key, place in moves:
        page.press("#q", key)
        active = None if place is None else f"suggestions-{place}"
        assert combobox(page) == ["true", active], key
        assert page.locator("[aria-selected=true]").count() == (place is not None)
    assert page.locator("[role=option] :is(a, button)").count() == 0
    assert page.input_value("#q") == "文网文"
    page.press("#q", "Tab")
    assert combobox(page) == ["false", None]
    assert sent == []


def test_check_13_enter_asks_what_is_chosen_and_escape_closes_first_the_list(chat, sent):
    page = chat()
    page.locator("#q").press_sequentially("文网文")
    page.wait_for_selector("[role=option]")
    page.press("#q", "ArrowDown")
    chosen = page.locator("[aria-selected=true] span").inner_text()
    page.press("#q", "Enter")
    page.wait_for_selector(".turn")
    assert sent == [chosen]
    page.locator("#q").press_sequentially("算法")
    page.wait_for_selector("[role=option]")
    page.press("#q", "Escape")
    assert combobox(page) == ["false", None]
    assert page.locator(".panel").is_visible()
    page.press("#q", "Escape")
    page.wait_for_selector(".panel", state="hidden")


def test_typing_on_lets_go_of_the_suggestion_that_was_chosen(chat, sent):
    page = chat()
    page.fill("#q", "文网文")
    page.wait_for_selector("[role=option]")
    page.press("#q", "ArrowDown")
    page.route(SUGGEST, lambda _: None)
    page.fill("#q", QUESTION)
    assert combobox(page) == ["true", None]
    page.press("#q", "Enter")
    page.wait_for_selector(".answered")
    assert sent == [QUESTION]


def test_a_suggestion_is_asked_by_a_click(chat, sent):
    page = chat()
    page.fill("#q", "suanfa")
    page.click("[role=option]:has-text('算法') >> nth=1")
    page.wait_for_selector(".turn:not(.unfinished) .card")
    assert len(sent) == 1
    assert "算法" in sent[0]
    assert page.input_value("#q") == ""


# ---- what the bot says


@pytest.mark.parametrize(
    ("question", "outcome", "seal"),
    [
        (QUESTION, "answered", "答"),
        (CLARIFY, "clarify", "问"),
        (LISTED, "listed_unanswered", "缺"),
        (NO_MATCH, "no_match", "无"),
    ],
)
def test_each_outcome_is_told_apart_at_a_glance(chat, question, outcome, seal):
    page = chat()
    ask(page, question)
    assert page.locator(f".card.{outcome} .seal").inner_text() == seal


def test_an_option_of_a_question_back_is_asked_once_and_stays_readable(chat, sent):
    page = chat()
    ask(page, CLARIFY)
    options = page.locator(".options a")
    chosen = options.first.inner_text().split()[0]
    options.first.click()
    page.locator(".turn").nth(1).wait_for()
    options.nth(1).dispatch_event("click")
    assert sent == [CLARIFY, chosen]
    assert options.evaluate_all("(links) => links.every((a) => a.getAttribute('aria-disabled'))")
    assert options.first.get_attribute("aria-current") == "true"
    assert page.locator(".turn:last-child .card.listed_unanswered").is_visible()


def test_what_is_carried_over_is_shown_and_can_be_dropped(chat):
    page = chat()
    ask(page, QUESTION)
    ask(page, "政府收费吗")
    assert OTHER in page.inner_text(".turn:last-child h3")
    page.click(".turn:last-child .carried a")
    page.locator(".turn").nth(2).wait_for()
    assert page.locator(".turn:last-child .carried").count() == 0


def test_a_context_that_a_newer_release_no_longer_knows_is_left_out(chat, complaints):
    page = chat()
    ask(page, QUESTION)
    page.evaluate("""() => {
        const key = Object.keys(localStorage)[0], kept = JSON.parse(localStorage[key]);
        kept.turns[0].reply.context.entry = "gone";
        localStorage[key] = JSON.stringify(kept);
    }""")
    page.reload()
    page.click(".launcher")
    ask(page, OTHER)
    assert page.locator(".turn:last-child .card.answered").is_visible()
    assert "422" in complaints.pop()


# ---- hostile knowledge


def test_check_21_markup_stays_text_and_only_safe_addresses_are_links(embed, settings, site, write):
    rows = f'question,answer,source_url\n"问{HOSTILE}？","{HOSTILE}",javascript:alert(4)\n'
    path = write("坏.csv", rows.replace(",source_url", "").replace(",javascript:alert(4)", ""))
    with serving(settings, path, site) as bot:
        page = embed(head=f'<script src="{bot}widget.js" defer></script>', open_=True)
        page.on("dialog", lambda dialog: pytest.fail(dialog.message))
        page.click(".openers a")
        page.wait_for_selector(".answered")
        assert page.inner_text(".text") == HOSTILE
        assert "𠮷野家😀可以" in page.locator("mark").all_inner_texts()[0]
        kinds = page.locator(".text *").evaluate_all("(all) => all.map((one) => one.localName)")
        assert set(kinds) <= {"p", "mark", "a"}
        links = page.locator(".text a").evaluate_all(
            "(links) => links.map((a) => [a.getAttribute('href'), a.rel])"
        )
        assert {href for href, _ in links} == {
            "https://example.cn/a/b",
            "tel:010-12345678",
            "tel:13800138000",
            "mailto:a.b@example.cn",
        }
        assert {rel for _, rel in links} == {"noopener"}


# ---- losing the network


def test_check_22_offline_keeps_the_question_and_asks_once_when_online(chat, sent, complaints):
    page = chat()
    ask(page, OTHER)
    page.context.set_offline(True)
    page.fill("#q", QUESTION)
    page.press("#q", "Enter")
    page.wait_for_selector(".failed:has-text('网络不可用')")
    assert page.input_value("#q") == QUESTION
    assert page.locator(".turn").first.locator("mark").first.is_visible()
    page.context.set_offline(False)
    page.locator(".answered").nth(1).wait_for()
    assert turns(page) == [OTHER, QUESTION]
    assert sent == [OTHER, QUESTION, QUESTION]
    assert page.input_value("#q") == ""
    assert all("ERR_INTERNET_DISCONNECTED" in complaint for complaint in complaints)
    complaints.clear()


def test_check_22_who_asks_too_often_may_ask_again_when_the_server_says(
    embed, settings, site, write, complaints
):
    path = write("faq.csv", "question,answer\n几点上班？,早上九点上班。\n")
    with serving(settings, path, site, QA_BOT_ASKS_PER_MINUTE=1) as bot:
        page = embed(head=f'<script src="{bot}widget.js" defer></script>', open_=True)
        page.clock.install()
        ask(page, "几点上班？")
        page.fill("#q", "上班时间")
        page.press("#q", "Enter")
        page.wait_for_selector(".failed")
        seconds = int(re.search(r"请 (\d+) 秒后再问", page.inner_text(".failed p"))[1])
        assert 0 < seconds <= 60
        assert page.locator(".failed button").is_disabled()
        page.clock.fast_forward(seconds * 1000)
        assert page.locator(".failed button").is_enabled()
    assert "429" in complaints.pop()


def test_check_22_a_server_that_fails_once_is_asked_again(chat, sent, complaints):
    page = chat()
    fail = {"status": 503, "headers": {"Access-Control-Allow-Origin": "*"}}
    page.route(ANSWERS, lambda route: route.fulfill(**fail), times=1)
    ask(page, QUESTION)
    assert sent == [QUESTION, QUESTION]
    assert page.locator(".answered").count() == 1
    assert "503" in complaints.pop()


def test_check_22_after_eight_seconds_or_a_press_waiting_ends(chat):
    page = chat()
    page.clock.install()
    page.route(ANSWERS, lambda _: None)
    page.fill("#q", QUESTION)
    page.press("#q", "Enter")
    page.clock.run_for(400)
    page.click("text=取消")
    page.wait_for_selector(".openers", state="visible")
    assert turns(page) == []
    page.press("#q", "Enter")
    page.clock.run_for(8100)
    page.wait_for_selector(".failed:has-text('8 秒')")
    page.unroute(ANSWERS)
    page.click("button:text-is('再问一次')")
    page.wait_for_selector(".answered")


# ---- coming back


def test_check_23_the_conversation_is_there_after_a_reload_and_can_be_wiped(chat):
    page = chat()
    for question in (QUESTION, CLARIFY, NO_MATCH):
        ask(page, question)
    page.reload()
    page.click(".launcher")
    page.wait_for_selector(".turn")
    assert turns(page) == [QUESTION, CLARIFY, NO_MATCH]
    page.click("text=清空")
    assert turns(page) == []
    assert page.evaluate("localStorage.length") == 0
    page.reload()
    page.click(".launcher")
    page.wait_for_selector(".openers", state="visible")


def test_check_23_the_last_twenty_turns_are_kept_for_a_day(chat):
    page = chat()
    ask(page, QUESTION)
    key = page.evaluate("Object.keys(localStorage)[0]")
    kept = json.loads(page.evaluate("(key) => localStorage[key]", key))
    many = {**kept, "turns": kept["turns"] * 30}
    page.evaluate("([key, kept]) => { localStorage[key] = kept; }", [key, json.dumps(many)])
    page.reload()
    page.click(".launcher")
    ask(page, OTHER)
    kept = json.loads(page.evaluate("(key) => localStorage[key]", key))
    assert len(kept["turns"]) == 20
    assert kept["turns"][-1]["question"] == OTHER
    old = {**kept, "saved": kept["saved"] - 25 * 60 * 60 * 1000}
    page.evaluate("([key, kept]) => { localStorage[key] = kept; }", [key, json.dumps(old)])
    page.reload()
    page.click(".launcher")
    page.wait_for_selector(".openers", state="visible")


@pytest.mark.parametrize(
    "storage",
    [
        "{get() { throw new DOMException('no', 'SecurityError'); }}",
        "{value: {getItem: () => null, setItem() { throw new DOMException('full'); }}}",
        "{value: {getItem: () => '{broken', setItem() {}}}",
    ],
)
def test_check_23_without_storage_the_widget_works_all_the_same(embed, site, address, storage):
    page = embed(head="")
    page.add_init_script(f"Object.defineProperty(window, 'localStorage', {storage})")
    page.goto(site.write("/", f'<script src="{address}widget.js" defer></script>'))
    page.click(".launcher")
    ask(page, QUESTION)
    assert page.locator(".answered").is_visible()


# ---- voting


def pressed(page):
    return page.locator(".vote button").evaluate_all(
        "(thumbs) => thumbs.map((thumb) => thumb.getAttribute('aria-pressed'))"
    )


def test_check_24_a_vote_on_the_first_answer_is_kept_changed_undone_and_survives(chat):
    page = chat()
    ask(page, QUESTION)
    with page.expect_response("**/feedback") as voted:
        page.click("text=有用")
    assert (voted.value.request.method, voted.value.status) == ("PUT", 204)
    assert pressed(page) == ["true", "false"]
    with page.expect_response("**/feedback"):
        page.click("text=没用")
    assert pressed(page) == ["false", "true"]
    with page.expect_response("**/feedback") as voted:
        page.click("text=已经过时")
    assert voted.value.request.post_data_json == {
        "rating": "down",
        "reasons": ["outdated"],
        "comment": "",
    }
    page.reload()
    page.click(".launcher")
    page.wait_for_selector("[data-reason=outdated][aria-pressed=true]")
    assert pressed(page) == ["false", "true"]
    with page.expect_response("**/feedback") as undone:
        page.click("text=没用")
    assert (undone.value.request.method, undone.value.status) == ("DELETE", 204)
    assert pressed(page) == ["false", "false"]
    assert page.locator(".reasons").count() == 0


def test_check_24_a_vote_that_is_not_kept_is_said_and_taken_back(chat, complaints):
    page = chat()
    ask(page, QUESTION)
    page.context.set_offline(True)
    page.click("text=有用")
    page.wait_for_selector("#note:has-text('没有记下')")
    assert pressed(page) == ["false", "false"]
    complaints.clear()


# ---- taking an answer along


@pytest.mark.parametrize("clipboard", ["allowed", "missing"])
def test_check_25_copying_takes_question_answer_and_link(embed, site, address, clipboard):
    permissions = ["clipboard-read", "clipboard-write"] if clipboard == "allowed" else []
    page = embed(head="", permissions=permissions)
    if clipboard == "missing":
        page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.goto(site.write("/", f'<script src="{address}widget.js" defer></script>'))
    page.click(".launcher")
    ask(page, QUESTION)
    text = page.inner_text(".text")
    page.click("text=复制")
    page.wait_for_selector("text=已复制")
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.focus("textarea")
    page.keyboard.press("Control+V")
    question, answer, link = page.input_value("textarea").split("\n")
    assert (question, answer) == (QUESTION, text)
    assert link == page.get_attribute(".actions a", "href")
    assert link.startswith(f"{address}q/")


def test_check_25_printing_takes_the_whole_conversation_and_nothing_of_the_page(chat):
    page = chat(body="<p>" + "宿主的正文。" * 3000 + "</p>")
    ask(page, QUESTION)
    short = page.pdf()
    for question in (OTHER, LISTED, NO_MATCH) * 3:
        ask(page, question)
    long = page.pdf()
    sheets = [len(re.findall(rb"/Type\s*/Page\b", pdf)) for pdf in (short, long)]
    assert sheets[0] == 1
    assert sheets[1] > 2
    assert page.locator("main").is_visible()
    assert page.locator(".panel").bounding_box()["x"] > DESKTOP / 2
