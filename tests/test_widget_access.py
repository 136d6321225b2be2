"""The widget for everyone: screen readers, keyboards, phones, dark rooms, large print, calm."""

from __future__ import annotations

import pytest
from browsing import (
    AXE,
    CLARIFY,
    LISTED,
    NO_MATCH,
    PHONE,
    QUESTION,
    SMALL_PHONE,
    ask,
    brightness,
    contrast,
    luminance,
    violations,
)

FOCUSED = "document.querySelector('faq-widget').shadowRoot.activeElement?.className"
CONDITIONS = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "forced_colours": {"forced_colors": "active"},
    "narrow": {"width": SMALL_PHONE},
    "large_print": {"letters": 32},
}


@pytest.fixture
def chat(embed):
    """Open the page of the site, or the widget on it, in the letters the visitor chose."""

    def open_chat(*, letters=None, open_=True, **options):
        page = embed(**options)
        if letters:
            session = page.context.new_cdp_session(page)
            session.send("Page.setFontSizes", {"fontSizes": {"standard": letters, "fixed": 26}})
            page.reload()
        if open_:
            page.click(".launcher")
            page.wait_for_selector("#q")
        return page

    return open_chat


def each_state(page):
    """Take a closed widget through all that it can show."""
    yield "closed"
    page.click(".launcher")
    page.wait_for_selector("#q")
    yield "open"
    page.fill("#q", "文网文")
    page.wait_for_selector("[role=option]")
    page.press("#q", "ArrowDown")
    yield "suggesting"
    for question in (QUESTION, CLARIFY, LISTED, NO_MATCH):
        ask(page, question)
        for summary in page.locator("summary").all():
            summary.evaluate("(summary) => { summary.parentNode.open = true; }")
        yield question
    page.locator(".vote button[value=down]").first.click()
    page.wait_for_selector(".reasons")
    page.context.set_offline(True)
    page.fill("#q", "没有网络时")
    page.press("#q", "Enter")
    page.wait_for_selector(".failed")
    yield "failed"
    page.context.set_offline(False)


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (npm install axe-core)")
@pytest.mark.parametrize("condition", CONDITIONS)
def test_check_14_nothing_is_out_of_reach_in_any_state(chat, complaints, condition):
    page = chat(open_=False, reduced_motion="reduce", **CONDITIONS[condition])
    found = {state: violations(page) for state in each_state(page)}
    assert {state: wrong for state, wrong in found.items() if wrong} == {}
    complaints.clear()


def test_check_15_the_panel_reads_as_a_dialog(chat):
    sync_api = pytest.importorskip("playwright.sync_api")
    page = chat()
    sync_api.expect(page.locator("dialog")).to_match_aria_snapshot("""
      - dialog "许可备案问答":
        - heading "许可备案问答" [level=1]
        - button "清空"
        - button "关闭"
        - group "问答记录":
          - paragraph: 您想问什么？
          - paragraph
          - log "问答记录"
          - heading "可以这样问" [level=2]
          - list
          - paragraph
        - search:
          - text: 您的问题
          - combobox "您的问题"
          - button "提问"
        - status
    """)
    launcher = page.locator(".launcher")
    assert launcher.evaluate("(button) => button.localName") == "button"
    assert launcher.inner_text() == "提问"
    assert launcher.get_attribute("aria-expanded") == "true"
    page.press("#q", "Escape")
    assert launcher.get_attribute("aria-expanded") == "false"


def test_check_16_an_answer_is_told_once_in_plain_text_and_moves_no_focus(chat):
    page = chat()
    assert page.evaluate("document.activeElement.localName") == "faq-widget"
    assert page.locator("#q").evaluate("(box) => box.matches(':focus')")
    page.clock.install()
    ask(page, QUESTION)
    assert page.get_attribute("#log", "aria-live") == "off"
    said = page.inner_text("#announcer")
    assert page.inner_text(".text") in said
    assert said.count(QUESTION) == 1
    page.clock.fast_forward(2000)
    assert page.inner_text("#announcer") == ""
    assert page.locator("#q").evaluate("(box) => box.matches(':focus')")
    page.click("[aria-label=关闭]")
    assert page.evaluate(FOCUSED) == "launcher"


def test_check_16_a_closed_widget_holds_no_focus_and_an_open_one_lets_it_go(chat):
    page = chat(body='<p>正文</p><a href="/x">下一页</a>')
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.localName") != "faq-widget":
            return
    pytest.fail("the keyboard cannot leave the open panel")


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_check_17_every_target_is_big_enough_for_a_thumb(chat, complaints, width):
    page = chat(open_=False, width=width)
    for state in each_state(page):
        small = page.evaluate("""() => {
            const shadow = document.querySelector("faq-widget").shadowRoot;
            return [...shadow.querySelectorAll("a, button, summary, #q, [role=option]")]
                .filter((target) => target.checkVisibility())
                .map((target) => [target.innerText || target.id, target.getBoundingClientRect()])
                .filter(([, box]) => box.height < 43.9 || box.width < 43.9);
        }""")
        assert small == [], state
    complaints.clear()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_check_17_letters_borders_and_the_focus_ring_stand_out(chat, scheme):
    page = chat(color_scheme=scheme)
    field, box = page.locator(".field"), page.locator("#q")
    card = luminance(field, "backgroundColor")
    paper = luminance(page.locator(".panel"), "backgroundColor")
    placeholder = box.evaluate("(box) => getComputedStyle(box, '::placeholder').color")
    assert contrast(brightness(placeholder), card) >= 4.5
    assert contrast(luminance(box, "color"), card) >= 7
    assert contrast(luminance(field, "borderColor"), paper) >= 3
    assert contrast(luminance(field, "outlineColor"), paper) >= 3
    ask(page, QUESTION)
    for part in ("mark", ".text", ".head small", ".actions a", ".question"):
        one = page.locator(part).first
        back = one.evaluate("""(one) => {
            for (let at = one; at; at = at.parentElement) {
                const colour = getComputedStyle(at).backgroundColor;
                if (!colour.endsWith(", 0)")) return colour;
            }
        }""")
        assert contrast(luminance(one, "color"), brightness(back)) >= 4.5, part


def test_check_18_who_wants_no_motion_sees_none(chat):
    page = chat(reduced_motion="reduce")
    ask(page, QUESTION)
    ask(page, NO_MATCH)
    running = "document.querySelector('faq-widget').shadowRoot.getAnimations().length"
    assert page.evaluate(running) == 0
    assert page.evaluate("document.getAnimations().length") == 0


def test_check_19_the_colours_follow_the_visitor_without_a_reload(chat):
    page = chat(color_scheme="light")
    panel = page.locator(".panel")
    assert luminance(panel, "backgroundColor") > 0.8
    page.emulate_media(color_scheme="dark")
    assert luminance(panel, "backgroundColor") < 0.1


@pytest.mark.parametrize(("theme", "scheme"), [("dark", "light"), ("light", "dark")])
def test_check_19_the_owners_theme_wins(chat, theme, scheme):
    page = chat(attributes=f'data-theme="{theme}"', color_scheme=scheme)
    assert (luminance(page.locator(".panel"), "backgroundColor") < 0.5) == (theme == "dark")


def test_check_19_forced_colours_keep_borders_and_focus(chat):
    page = chat(forced_colors="active")
    ask(page, QUESTION)
    for part in (".launcher", ".panel", ".card", ".question", ".field", ".field button"):
        width = page.locator(part).first.evaluate(
            "(one) => parseFloat(getComputedStyle(one).borderTopWidth)"
        )
        assert width >= 1, part
    page.keyboard.press("Tab")
    outline = "(one) => getComputedStyle(one).outlineStyle"
    assert page.locator(".field button").evaluate(outline) == "solid"


def test_check_20_on_a_phone_the_panel_is_the_screen(chat):
    page = chat(width=PHONE, height=844, has_touch=True, is_mobile=True, body="<p>正文。</p>" * 200)
    panel = page.locator(".panel")
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": PHONE, "height": 844}
    letters = page.locator("#q").evaluate("(box) => getComputedStyle(box).fontSize")
    assert float(letters.removesuffix("px")) >= 16
    assert page.locator(".launcher").is_hidden()
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"
    ask(page, QUESTION)
    page.evaluate("""() => {
        Object.defineProperty(visualViewport, "height", {value: 420, configurable: true});
        visualViewport.dispatchEvent(new Event("resize"));
    }""")
    box = page.locator("#q").bounding_box()
    assert box["y"] + box["height"] <= 420
    assert page.locator(".turn .head").bounding_box()["y"] < box["y"]
    page.tap("[aria-label=关闭]")
    assert page.evaluate("getComputedStyle(document.documentElement).overflow") == "visible"
    assert page.locator(".launcher").is_visible()


def test_check_20_on_a_phone_the_keyboard_stays_in_the_panel(chat):
    page = chat(width=PHONE, body='<a href="/x">下一页</a>')
    for _ in range(25):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.innerText") != "下一页"


def test_check_20_a_notched_phone_keeps_the_edges_free(client):
    style = client.get("/widget/latest/panel.css").text
    assert "env(safe-area-inset-bottom)" in style
    assert "env(safe-area-inset-top)" in style


@pytest.mark.parametrize("width", [SMALL_PHONE, PHONE, 1280])
def test_nothing_is_wider_than_the_panel(chat, complaints, width):
    page = chat(open_=False, width=width)
    for state in each_state(page):
        if state != "closed":
            wider = "(main) => main.scrollWidth - main.clientWidth"
            assert page.locator("#main").evaluate(wider) <= 0, state
    complaints.clear()
