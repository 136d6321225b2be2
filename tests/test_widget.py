"""The widget on a site of another origin: loading, standing apart from the page, being checked."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from urllib.parse import urlsplit

import pytest
from browsing import (
    AXE,
    DESKTOP,
    QUESTION,
    STRICT,
    ask,
    brightness,
    contrast,
    luminance,
    violations,
)

from qa_bot.settings import PROJECT
from qa_bot.web.assets import SOURCES, read_assets

LAUNCHER_LIMIT, PANEL_LIMIT = 4096, 14336
PANEL = ["panel.js", "panel.css"]
LANGUAGES = ["zh-CN", "zh-TW", "en"]
COLOUR = "(button) => getComputedStyle(button).backgroundColor"
HOUSE_GREEN = "rgb(20, 89, 77)"
HOSTILE_STYLE = """<style>
  * { color: red !important; font-size: 3px !important; transform: scale(2) !important }
  div, button, dialog, faq-widget { display: none !important; opacity: 0 !important }
  html { font-size: 4px }
  #cover { position: fixed; inset: 0; z-index: 2147483647; display: block !important }
</style>"""


def globals_of(page):
    return set(page.evaluate("Object.keys(window)"))


# ---- loading


@pytest.mark.parametrize("place", ["head", "body", "later"])
def test_check_01_one_tag_shows_the_launcher_wherever_it_stands(embed, address, place):
    tag = f'<script src="{address}widget.js" defer></script>'
    page = embed(head=tag if place == "head" else "", body=tag if place == "body" else "")
    if place == "later":
        page.wait_for_load_state("load")
        page.evaluate(
            """(src) => document.head.append(
            Object.assign(document.createElement("script"), {src}))""",
            f"{address}widget.js",
        )
    page.wait_for_selector(".launcher")
    page.click(".launcher")
    page.wait_for_selector(".panel #q")


def test_check_02_two_tags_are_one_widget_and_destroying_it_leaves_nothing(embed, address):
    tag = f'<script src="{address}widget.js" defer></script>'
    before = globals_of(embed(head=""))
    page = embed(head=tag + tag, open_=True)
    assert page.locator("faq-widget").count() == 1
    page.evaluate("""() => {
        window.heard = 0;
        FaqWidget.on("open", () => { window.heard += 1; });
        window.shadow = document.querySelector("faq-widget").shadowRoot;
        FaqWidget.destroy();
    }""")
    assert page.locator("faq-widget").count() == 0
    assert globals_of(page) - before == {"heard", "shadow"}
    assert page.evaluate("document.documentElement.style.overflow") == ""
    page.evaluate("shadow.querySelector('.launcher').click()")
    assert page.evaluate("window.heard") == 0


def test_check_03_nothing_breaks_the_strictest_policy(embed, address, complaints):
    page = embed(policy=STRICT.replace("BOT", address), open_=True)
    ask(page, QUESTION)
    page.click("text=没用")
    page.click("text=已经过时")
    page.wait_for_selector("[data-reason=outdated][aria-pressed=true]")
    page.click("[aria-label=关闭]")
    page.wait_for_selector(".panel", state="hidden")
    assert complaints == []
    assert (
        page.locator(".launcher").evaluate("(button) => getComputedStyle(button).backgroundColor")
        == "rgb(20, 89, 77)"
    )


def test_check_04_only_the_site_and_the_bot_are_asked_and_first_only_for_one_file(
    embed, address, site
):
    tag = f'<script src="{address}widget.js" defer></script>'
    page = embed(head="")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site.write("/", tag))
    page.wait_for_selector(".launcher")
    page.wait_for_load_state("networkidle")
    assert [url for url in asked if url.startswith(address)] == [f"{address}widget.js"]
    page.hover(".launcher")
    page.wait_for_selector(".panel", state="attached")
    loaded = {urlsplit(url).path for url in asked if url.startswith(address)}
    assert loaded == {
        "/widget.js",
        "/widget/latest/panel.js",
        "/widget/latest/panel.css",
        "/widget/latest/strings/zh-CN.json",
        "/api/v1/config",
    }
    page.click(".launcher")
    ask(page, QUESTION)
    assert {urlsplit(url).netloc for url in asked} == {
        urlsplit(address).netloc,
        urlsplit(site.origin).netloc,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_check_05_the_launcher_and_the_panel_are_small(client, language):
    def size(name):
        response = client.get(f"/widget/latest/{name}", headers={"Accept-Encoding": "gzip, br"})
        assert response.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(response.data)
        return len(response.data)

    assert size("widget.js") <= LAUNCHER_LIMIT
    assert sum(size(name) for name in [*PANEL, f"strings/{language}.json"]) <= PANEL_LIMIT


def test_check_06_a_pinned_tag_loads_only_the_very_same_bytes(client, embed, address, complaints):
    page = client.get("/embed-test").text
    tag = re.search(r"<script src=\"(/widget/[^\"]+/widget.js)\" integrity=\"([^\"]+)\"", page)
    path, integrity = tag.groups()
    response = client.get(path)
    digest = base64.b64encode(hashlib.sha384(response.data).digest()).decode()
    assert integrity == f"sha384-{digest}"
    assert "immutable" in response.headers["Cache-Control"]
    assert "immutable" not in client.get("/widget.js").headers["Cache-Control"]

    def pinned(digest):
        return (
            f'<script src="{address}{path[1:]}" integrity="sha384-{digest}" '
            'crossorigin="anonymous" defer></script>'
        )

    right = embed(head=pinned(digest), open_=True)
    assert right.locator(".panel h1").inner_text() == "许可备案问答"
    assert complaints == []
    flipped = embed(head=pinned(("A" if digest[0] != "A" else "B") + digest[1:]))
    assert flipped.evaluate("typeof FaqWidget") == "undefined"
    assert "integrity" in complaints.pop()


def test_a_version_that_is_no_longer_served_says_where_to_renew_the_tag(client):
    response = client.get("/widget/0123456789ab/widget.js")
    assert response.status_code == 404
    assert "/embed-test" in response.json["detail"]


def test_a_file_that_is_still_held_is_not_sent_again(client):
    first = client.get("/widget.js")
    again = client.get("/widget.js", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""


@pytest.mark.parametrize("name", SOURCES)
def test_every_file_may_be_loaded_by_any_site_under_any_isolation(client, name):
    headers = client.get(f"/widget/latest/{name}").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


# ---- standing apart from the page


def test_check_07_a_hostile_page_neither_hides_nor_covers_nor_restyles_the_widget(embed):
    calm = embed()
    hostile = embed(body='<div id="cover">盖住</div>' + HOSTILE_STYLE)

    def look(page):
        button = page.locator(".launcher")
        box = button.bounding_box()
        over = page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y).localName",
            [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2],
        )
        style = button.evaluate("""(button) => { const {color, backgroundColor, fontSize} =
            getComputedStyle(button); return [color, backgroundColor, fontSize]; }""")
        return box, over, style

    assert look(hostile) == look(calm)
    box, over, _ = look(hostile)
    assert over == "faq-widget"
    assert min(box["width"], box["height"]) >= 44
    hostile.click(".launcher")
    ask(hostile, QUESTION)
    assert hostile.locator(".text").evaluate("(text) => getComputedStyle(text).fontSize") == "16px"


def test_check_08_the_page_looks_the_same_with_and_without_and_nothing_moves(embed):
    text = "<p>正文。</p>" * 60
    without = embed(head="", body=text)
    picture = {"x": 0, "y": 0, "width": DESKTOP - 300, "height": 800}
    before = without.screenshot(clip=picture)
    page = embed(body=text)
    page.wait_for_selector(".launcher")
    shifted = """() => new Promise((resolve) => new PerformanceObserver((list) => resolve(
        list.getEntries().reduce((sum, {value}) => sum + value, 0)))
        .observe({type: "layout-shift", buffered: true}) ?? setTimeout(resolve, 200, 0))"""
    assert page.screenshot(clip=picture) == before
    assert page.evaluate(shifted) == 0


@pytest.mark.parametrize("colour", ["#ffd000", "rgb(0, 40, 120)", "white", "#777", "tomato"])
def test_an_owners_colour_carries_letters_that_stand_out(embed, colour):
    button = embed(attributes=f'data-accent="{colour}"').locator(".launcher")
    assert luminance(button, "backgroundColor") != pytest.approx(brightness(HOUSE_GREEN))
    assert contrast(luminance(button, "color"), luminance(button, "backgroundColor")) >= 4.5


@pytest.mark.parametrize("colour", ["浅绿", "oklch(0.7 0.1 200)"])
def test_a_colour_that_cannot_be_read_is_told_and_left_out(embed, complaints, colour):
    page = embed(attributes=f'data-accent="{colour}"')
    page.wait_for_selector(".launcher")
    assert f'data-accent="{colour}" is not a colour' in complaints.pop()
    assert page.locator(".launcher").evaluate(COLOUR) == HOUSE_GREEN


def test_position_and_offsets_are_the_owners(embed):
    page = embed(attributes='data-position="left" data-offset-x="40" data-offset-y="60"')
    box = page.locator(".launcher").bounding_box()
    assert box["x"] == 40
    assert box["y"] + box["height"] == 800 - 60


# ---- the owner's page in command


def test_the_page_opens_the_widget_with_a_question_and_hears_what_happens(embed):
    page = embed()
    page.evaluate("""() => {
        window.heard = [];
        for (const name of ["open", "answer", "feedback", "close"])
            FaqWidget.on(name, (told) => heard.push([name, told?.reply?.outcome ?? told?.rating]));
    }""")
    page.evaluate("(q) => FaqWidget.open({q})", QUESTION)
    page.wait_for_selector(".answered mark")
    page.click("text=有用")
    page.wait_for_function("heard.length === 3")
    page.evaluate("FaqWidget.close()")
    assert page.evaluate("heard") == [
        ["open", None],
        ["answer", "answered"],
        ["feedback", "up"],
        ["close", None],
    ]


def test_closing_from_the_page_leaves_the_focus_where_the_visitor_is(embed):
    page = embed(body='<input id="name" aria-label="姓名">', open_=True)
    page.focus("#name")
    page.evaluate("FaqWidget.close()")
    assert page.evaluate("document.activeElement.id") == "name"


def test_what_was_called_before_the_widget_was_there_is_done_then(embed, address):
    head = '<script>(window.FaqWidget ||= []).push(["open", {q: "政府收费吗"}])</script>'
    page = embed(head=f'{head}<script src="{address}widget.js" defer></script>')
    page.wait_for_selector(".turn >> text=政府收费吗")


def test_links_of_the_page_ask_and_its_own_button_opens(embed):
    page = embed(
        body=f'<button id="help">在线问答</button><a href="/x" data-faq-q="{QUESTION}">有效期</a>',
        attributes='data-launcher="#help"',
    )
    assert page.locator(".launcher").is_hidden()
    assert page.get_attribute("#help", "aria-expanded") == "false"
    page.click("#help")
    page.wait_for_selector("#q")
    assert page.get_attribute("#help", "aria-expanded") == "true"
    page.click("[aria-label=关闭]")
    assert page.evaluate("document.activeElement.id") == "help"
    page.click("[data-faq-q]")
    page.wait_for_selector(".answered mark")


# ---- saying why nothing shows


def test_a_site_that_is_not_listed_is_told_which_list_and_where_to_look(
    embed, site, address, complaints
):
    page = embed()
    page.goto(
        site.write("/", f'<script src="{address}widget.js" defer></script>').replace(
            "127.0.0.1", "localhost"
        )
    )
    page.click(".launcher")
    page.wait_for_selector(".trouble")
    (warning,) = [text for text in complaints if text.startswith("FaqWidget: ")]
    complaints.clear()
    origin = site.origin.replace("127.0.0.1", "localhost")
    assert f"{origin} is not on its list QA_BOT_ORIGINS" in warning
    assert f"{address}embed-test?site=" in warning


@pytest.mark.parametrize("directive", ["connect-src", "script-src"])
def test_a_policy_that_blocks_the_widget_is_named(embed, address, complaints, directive):
    sources = {"script-src": f"'self' {address}widget.js", "connect-src": address}
    sources |= {"connect-src": "'self'"} if directive == "connect-src" else {}
    if directive == "connect-src":
        sources["script-src"] = address
    policy = "; ".join(f"{name} {value}" for name, value in sources.items())
    page = embed(policy=f"default-src 'none'; {policy}")
    page.click(".launcher")
    page.wait_for_selector(".trouble")
    warning = next(text for text in complaints if text.startswith("FaqWidget: "))
    complaints.clear()
    assert f"blocks {directive}" in warning


def test_the_test_page_finds_everything_in_order(visitor, address):
    page = visitor().new_page()
    page.goto(f"{address}embed-test")
    page.wait_for_selector("#network.open:has-text('内网')")
    marks = page.locator("#checks li").evaluate_all(
        "(items) => items.map((item) => item.className)"
    )
    assert marks == ["good"] * 7 + ["open"]
    assert "第三方请求 0 个" in page.inner_text("#hosts")
    if AXE.exists():
        assert violations(page) == []


@pytest.mark.parametrize(
    ("site_address", "class_", "told"),
    [
        ("https://www.example.cn/某页", "bad", "QA_BOT_ORIGINS=https://www.example.cn"),
        ("www.example.cn", "bad", "https://www.example.cn 还没有获准"),
        ("ftp://x", "bad", "不是网站地址"),
        ("http://[", "bad", "不是网站地址"),
        ("http://localhost", "good", "http://localhost 已获准"),
        ("", "open", "还没有填"),
    ],
)
def test_the_test_page_tells_whether_a_site_is_listed(client, site_address, class_, told):
    page = client.get("/embed-test", query_string={"site": site_address}).text
    assert re.search(rf'<li class="{class_}">[^<]*(<code>)?{re.escape(told)}', page) or (
        f'<li class="{class_}">' in page and told in page
    )


# ---- the owner's guide

GUIDE = (PROJECT / "docs" / "widget.md").read_text(encoding="utf-8")
LAUNCHER = (PROJECT / "static" / "widget" / "widget.js").read_text(encoding="utf-8")


def test_every_attribute_is_in_the_guide():
    names = re.search(r"const \{([^}]+)\} = script\.dataset", LAUNCHER)[1].split(", ")
    attributes = ["data-" + re.sub("[A-Z]", lambda c: "-" + c[0].lower(), n.strip()) for n in names]
    assert len(attributes) == 7
    assert [name for name in attributes if f"`{name}`" not in GUIDE] == []


def test_every_call_and_event_is_in_the_guide(embed):
    page = embed()
    page.wait_for_selector(".launcher")
    for call in page.evaluate("Object.keys(FaqWidget)"):
        assert f"FaqWidget.{call}(" in GUIDE, call
    emitted = set(re.findall(r"emit\('(\w+)'", LAUNCHER)) | {"answer", "feedback"}
    assert [name for name in emitted if f"`{name}`" not in GUIDE] == []


# ---- words


def keys(strings):
    return {
        name: sorted(value) if isinstance(value, dict) else None for name, value in strings.items()
    }


def blanks(strings):
    return {
        name: sorted(re.findall(r"\{\w+\}", json.dumps(value))) for name, value in strings.items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_check_26_every_language_has_all_words_and_the_same_blanks(language):
    folder = PROJECT / "static" / "widget" / "strings"
    first, other = (
        json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("zh-CN", language)
    )
    assert keys(other) == keys(first)
    assert blanks(other) == blanks(first)


@pytest.mark.parametrize(
    ("lang", "attributes", "spoken", "label"),
    [
        ("zh-CN", "", "zh-CN", "提问"),
        ("zh-Hant-HK", "", "zh-TW", "提問"),
        ("en-GB", "", "en", "Ask"),
        ("ja", "", "zh-CN", "提问"),
        ("en", 'data-lang="zh-TW"', "zh-TW", "提問"),
    ],
)
def test_check_26_the_widget_speaks_the_pages_language_or_the_owners_choice(
    embed, lang, attributes, spoken, label
):
    page = embed(lang=lang, attributes=attributes, open_=True)
    assert page.get_attribute("faq-widget", "lang") == spoken
    assert page.inner_text(".launcher") == label
    assert page.inner_text(".panel form button") == label


def test_names_of_the_joined_modules_do_not_meet():
    for name, sources in SOURCES.items():
        texts = [(PROJECT / "static" / path).read_text(encoding="utf-8") for path in sources]
        named = [
            declared
            for text in texts
            for declared in re.findall(
                r"^(?:export )?(?:async )?(?:const|function|class|let) (\w+)", text, re.MULTILINE
            )
        ]
        assert len(named) == len(set(named)), name


def test_the_version_changes_with_any_file(tmp_path):
    copy = tmp_path / "static"
    for sources in SOURCES.values():
        for path in sources:
            target = copy / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((PROJECT / "static" / path).read_bytes())
    first = read_assets(copy)
    assert first.version == read_assets().version
    (copy / "assets" / "page.js").write_text("document.title = '另一页';", encoding="utf-8")
    assert read_assets(copy).version != first.version
