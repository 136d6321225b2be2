"""The page as the server writes it: everything on it works without JavaScript."""

from __future__ import annotations

import json
from contextlib import closing
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from qa_bot import Bot
from qa_bot.journal import Journal
from qa_bot.web import LiveBot, create_app
from qa_bot.web.page import links

QUESTION = "网络文化经营许可证的有效期是几年，什么时候申请续期？"
LISTED = "浙江网络文化经营许可证变更股权需要提交哪些材料？"
WITHOUT_WORDS = "？？？"
VOID = {"br", "hr", "img", "input", "link", "meta", "rect", "wbr"}

MARKUP = "<img src=x onerror=alert(1)>"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</title></textarea></template><svg onload=alert(1)>",
    "{{ 7 * 7 }}{% include 'page.html' %}",
    "&lt;b&gt; &amp;amp;",
    "javascript:alert(1)",
]


class Page(HTMLParser):
    """A page as a browser takes it apart: its tags, and the text inside each kind."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self._open = []
        self._texts = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self._open.append((tag, attributes.get("class") or ""))

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        self._texts.append((tuple(self._open), data))

    def attributes(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def text(self, tag, class_=""):
        """Give the text in elements of the kind, without what is unseen."""
        return "".join(
            data
            for path, data in self._texts
            if any(name == tag and class_ in classes for name, classes in path)
            and not any(classes == "unseen" for _, classes in path)
        ).strip()

    def asks(self):
        return [a for a in self.attributes("a") if "data-ask" in a]

    def question_box(self):
        return next(a for a in self.attributes("input") if a.get("id") == "q")


@pytest.fixture
def show(client):
    """Open the page, with a question if one is given."""

    def open_page(question=None):
        query = None if question is None else {"q": question}
        return Page(client.get("/", query_string=query).text)

    return open_page


# ---- before the first question


def test_the_empty_page_offers_a_form_that_needs_no_script(client, show):
    page = show()
    assert client.get("/").status_code == 200
    assert page.attributes("form")[0]["method"] == "get"
    assert page.attributes("form")[0]["action"] == "/"
    assert page.question_box()["value"] == ""
    assert page.attributes("label")[0]["for"] == page.question_box()["id"]


def test_the_empty_page_says_how_much_is_known(bundled, show):
    hello = show().text("div", "hello")
    assert f"{len(bundled.index.base.entries):,} 个问题" in hello
    assert f"{bundled.index.base.answered:,} 个已有答案" in hello


def test_the_empty_page_offers_six_questions_and_each_is_answered(client, show):
    openers = show().asks()
    pages = [Page(client.get(opener["href"]).text) for opener in openers]
    assert len({opener["href"] for opener in openers}) == 6
    assert all(page.text("div", "card answered") for page in pages)


def test_a_blank_question_is_no_question(client, show):
    assert client.get("/?q=%20%E3%80%80").status_code == 200
    assert "empty" in show(" \u3000").attributes("main")[0]["class"]


def loaded_by(page):
    """Give what a browser loads with the page; a script without address is data."""
    links = [a["href"] for a in page.attributes("link") if a["rel"] != "canonical"]
    sources = [a["src"] for tag in ("img", "script") for a in page.attributes(tag) if "src" in a]
    return links + sources


def test_the_page_loads_nothing_from_elsewhere(show):
    loaded = loaded_by(show(QUESTION))
    assert loaded
    assert all(address.startswith("/widget/") for address in loaded)


def test_what_the_page_loads_is_there(client, show):
    for address in loaded_by(show()):
        assert client.get(address).status_code == 200


# ---- replies


def test_an_answer_is_shown_with_its_sentence_marked(bundled, show):
    page = show(QUESTION)
    evidence = bundled.ask(QUESTION).evidence
    assert page.text("h2", "question") == QUESTION
    assert QUESTION in page.text("h3")
    assert "有效期3年。" in page.text("div", "text")
    assert page.text("mark")
    assert page.text("mark") == "".join(evidence)


def test_an_answer_is_shown_with_its_basis_and_when_it_was_checked(show, bundled):
    slip = show(QUESTION).text("dl", "slip")
    entry = entry_of(bundled, QUESTION)
    assert entry.basis
    assert f"依据{entry.basis}" in slip
    assert f"核对于{entry.reviewed_on}" in slip


def test_an_answer_leaves_the_box_empty_for_the_next_question(show):
    assert show(QUESTION).question_box()["value"] == ""


def test_a_listed_question_is_said_to_have_no_answer(settings, show):
    page = show(LISTED)
    assert "还没有收录答案" in page.text("h3")
    assert page.text("p", "listed") == LISTED
    assert settings.contact in page.text("p", "person")
    assert not page.attributes("mark")


def test_where_a_permit_alone_is_named_the_page_asks_what_of_it(show):
    page = show("文网文")
    assert page.text("h3") == "想问哪一方面？"
    assert "网络文化经营许可证" in page.text("p", "reason")


def test_where_nothing_is_found_the_page_says_so_and_names_a_person(settings, show):
    page = show(WITHOUT_WORDS)
    assert page.text("h3") == "没有找到能回答的内容"
    assert settings.contact in page.text("p", "person")
    assert not page.attributes("mark")


def test_a_question_is_in_the_title_and_in_no_search_engine(show):
    page = show(QUESTION)
    assert page.text("title").startswith(QUESTION)
    assert {"name": "robots", "content": "noindex"} in page.attributes("meta")
    assert {"name": "robots", "content": "noindex"} not in show().attributes("meta")


def test_a_page_with_a_question_is_not_stored_on_the_way(client):
    response = client.get("/", query_string={"q": QUESTION})
    assert response.headers["Cache-Control"] == "no-store"


# ---- follow-ups


def next_question(client, page, question):
    """Send the page's form with a question, as a browser without scripts does."""
    (hidden,) = (a for a in page.attributes("input") if a.get("name") == "c")
    query = {"q": question} if "disabled" in hidden else {"q": question, "c": hidden["value"]}
    return Page(client.get("/", query_string=query).text)


def test_the_empty_page_passes_nothing_on(show):
    (hidden,) = (a for a in show().attributes("input") if a.get("name") == "c")
    assert "disabled" in hidden


def test_a_follow_up_is_understood_and_says_what_it_took_over(client, show):
    page = next_question(client, show(QUESTION), "政府收费吗")
    assert "办网络文化经营许可证政府收费吗？" in page.text("h3")
    assert page.text("p", "carried").startswith("沿用：网络文化经营许可证")


def test_what_was_taken_over_can_be_dropped(client, show):
    page = next_question(client, show(QUESTION), "政府收费吗")
    (drop,) = (a for a in page.asks() if "&c=" in a["href"])
    without = Page(client.get(drop["href"]).text)
    assert without.text("h2", "question") == "政府收费吗"
    assert without.text("p", "carried") == ""


def test_an_option_of_a_clarifying_question_is_a_link_that_answers_it(settings, write):
    rows = [f"{region}文网文怎么续期?,{region}在期满前30日内申请。" for region in ("江苏", "浙江")]
    path = write("续期.csv", "\n".join(["question,answer", *rows]))
    client = create_app(LiveBot(settings, bot=Bot.open(path, settings))).test_client()
    asked = Page(client.get("/", query_string={"q": "文网文怎么续期"}).text)
    assert asked.text("div", "card clarify")
    (second,) = (a for a in asked.asks() if a["href"].startswith(f"/?q={quote('浙江')}&"))
    chosen = Page(client.get(second["href"]).text)
    assert "浙江在期满前30日内申请。" in chosen.text("div", "card answered")


def test_asking_for_more_shows_a_list_and_no_card(client, show):
    page = next_question(client, show(QUESTION), "还有别的吗")
    assert page.text("p", "say")
    assert page.text("div", "card no_match") == ""


@pytest.mark.parametrize(
    "context",
    ["{", "[]", "3", "[" * 9000, '{"entry": "没有"}', '{"facets": []}', '{"facets": {"地": 1}}'],
)
def test_a_context_that_cannot_be_read_counts_as_nothing_said(client, context):
    response = client.get("/", query_string={"q": QUESTION, "c": context})
    assert response.status_code == 200
    assert QUESTION in Page(response.text).text("h3")


def test_a_hostile_context_is_never_shown(client):
    context = json.dumps({"asked": HOSTILE[1], "facets": {"permit": "大模型备案"}})
    page = Page(client.get("/", query_string={"q": "那费用呢", "c": context}).text)
    assert is_harmless(page)


# ---- questions that are too long


def test_a_question_that_is_too_long_is_refused_in_words(client, show):
    question = "文" * 501
    page = show(question)
    assert client.get("/", query_string={"q": question}).status_code == 422
    assert page.text("p", "note") == "问题最长 500 个字，现在是 501 个字。"
    assert page.text("h2", "question") == ""


def test_a_question_that_is_too_long_stays_in_the_box(show):
    box = show("文" * 501).question_box()
    assert box["value"] == "文" * 501
    assert box["aria-invalid"] == "true"


def test_a_question_of_the_greatest_length_is_taken(client):
    assert client.get("/", query_string={"q": "文" * 500}).status_code == 200


# ---- hostile text


def is_harmless(page):
    """Tell whether the page has only its own script, no handlers and no odd addresses."""
    addresses = [a["href"] for a in page.attributes("a")]
    return (
        all(is_ours(a) for a in page.attributes("script"))
        and not any(name.startswith("on") for _, a in page.tags for name in a)
        and all(href.startswith(("/", "#", "https://", "tel:", "mailto:")) for href in addresses)
    )


def is_ours(script):
    """Tell whether a script is the page's own, or data, which no browser runs."""
    if "src" in script:
        return script["src"].startswith("/widget/") and script["src"].endswith("/page.js")
    return script["type"] in {"application/json", "application/ld+json"}


@pytest.mark.parametrize("question", HOSTILE)
def test_a_hostile_question_is_shown_as_it_was_typed(show, question):
    page = show(question)
    assert page.text("h2", "question") == question
    assert is_harmless(page)


@pytest.mark.parametrize("question", HOSTILE)
def test_a_hostile_question_that_is_too_long_stays_text_in_the_box(show, question):
    page = show(question + "长" * 500)
    assert page.question_box()["value"] == question + "长" * 500
    assert is_harmless(page)


@bounded(max_examples=60, derandomize=True, deadline=None)
@given(question=st.text(st.characters(exclude_categories=("Cs",)) | st.sampled_from("<>&\"'/")))
def test_any_question_gives_a_harmless_page(client, question):
    response = client.get("/", query_string={"q": question})
    assert response.status_code == 200
    assert is_harmless(Page(response.text))


@pytest.fixture
def hostile_client(settings, write):
    """A client of a bot whose knowledge holds markup everywhere."""
    heading = "question,answer,wordings,basis"
    answer = f"答什么。{MARKUP}别的事。{MARKUP}还有一件。"
    row = ",".join(f'"{MARKUP}{text}"' for text in ("问什么？", answer, "另问", "依据"))
    path = write("坏.csv", f"{heading}\n{row}\n")
    return create_app(LiveBot(settings, bot=Bot.open(path, settings))).test_client()


def test_markup_in_the_knowledge_is_shown_as_text(hostile_client):
    page = Page(hostile_client.get("/", query_string={"q": f"{MARKUP}问什么？"}).text)
    answer = f"{MARKUP}答什么。{MARKUP}别的事。{MARKUP}还有一件。"
    assert f"{MARKUP}问什么？" in page.text("h3")
    assert page.text("div", "text") == answer
    assert page.text("mark") not in {"", answer}
    assert f"{MARKUP}依据" in page.text("dl", "slip")
    assert is_harmless(page)


def test_markup_in_an_opener_is_shown_as_text(hostile_client):
    page = Page(hostile_client.get("/").text)
    assert page.text("section", "openers").endswith(f"{MARKUP}问什么？")
    assert is_harmless(page)


# ---- a page of its own for every entry


def entry_of(bundled, question):
    return next(entry for entry in bundled.index.base.entries if entry.question == question)


def structured(page):
    return [a for a in page.attributes("script") if a.get("type") == "application/ld+json"]


def test_check_28_an_answered_entry_has_a_page_that_search_engines_read(client, bundled):
    entry = entry_of(bundled, QUESTION)
    page = Page(client.get(f"/q/{entry.id}").text)
    assert page.text("h2", "question") == QUESTION
    assert page.text("mark")
    metas = {a["property"]: a["content"] for a in page.attributes("meta") if "property" in a}
    assert metas["og:title"] == QUESTION
    assert metas["og:url"].endswith(f"/q/{entry.id}")
    assert metas["og:description"] == entry.passages[0].text
    assert {"rel": "canonical", "href": metas["og:url"]} in page.attributes("link")
    assert {"name": "robots", "content": "noindex"} not in page.attributes("meta")
    assert len(structured(page)) == 1


def test_check_28_an_entry_without_answer_is_shown_and_in_no_search_engine(client, bundled):
    page = Page(client.get(f"/q/{entry_of(bundled, LISTED).id}").text)
    assert page.text("p", "listed") == LISTED
    assert {"name": "robots", "content": "noindex"} in page.attributes("meta")
    assert structured(page) == []


def test_an_entry_that_is_gone_is_said_in_words(client):
    response = client.get("/q/0000000000")
    assert response.status_code == 404
    assert "已经不在知识库里" in Page(response.text).text("p", "note")


def test_markup_in_the_knowledge_cannot_leave_the_structured_data(settings, write):
    breakout = "</script><script>alert(1)</script>"
    path = write("坏.csv", f"question,answer\n问{breakout}？,答{breakout}。\n")
    bot = Bot.open(path, settings)
    client = create_app(LiveBot(settings, bot=bot)).test_client()
    page = Page(client.get(f"/q/{bot.index.base.entries[0].id}").text)
    assert len(structured(page)) == 1
    assert is_harmless(page)


# ---- votes without JavaScript


@pytest.fixture
def voting(settings, bundled, tmp_path):
    """A client of an application that keeps votes."""
    with closing(Journal(f"sqlite:///{tmp_path}/journal.sqlite", 100)) as journal:
        yield create_app(LiveBot(settings, bot=bundled, journal=journal)).test_client()


def send_vote(client, page, rating, **changed):
    """Press a thumb, as a browser without scripts does."""
    hidden = {a["name"]: a["value"] for a in page.attributes("input") if "id" not in a}
    sent = {name: value for name, value in hidden.items() if name in {"answer", "q", "c"}}
    response = client.post("/feedback", data={**sent, "rating": rating, **changed})
    assert response.status_code == 303
    return Page(client.get(response.location).text)


@pytest.mark.parametrize("rating", ["up", "down"])
def test_check_27_a_vote_of_the_form_is_kept_and_thanked_for(voting, rating):
    page = Page(voting.get("/", query_string={"q": QUESTION}).text)
    after = send_vote(voting, page, rating)
    assert after.text("p", "note") == "谢谢，已记下。"
    assert after.text("h2", "question") == QUESTION


@pytest.mark.parametrize("changed", [{"answer": "没有"}, {"rating": "好"}, {"answer": ""}])
def test_a_vote_that_cannot_be_kept_is_said(voting, changed):
    page = Page(voting.get("/", query_string={"q": QUESTION}).text)
    after = send_vote(voting, page, **{"rating": "up", **changed})
    assert after.text("p", "note").startswith("没有记下")


def test_a_foreign_page_cannot_vote(voting):
    headers = {"Origin": "https://evil.example"}
    response = voting.post("/feedback", data={"rating": "up"}, headers=headers)
    assert response.status_code == 403


# ---- what a tap may follow


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("见 https://example.cn/a?b=1。", ["https://example.cn/a?b=1"]),
        ("见http://example.cn/a", []),
        ("javascript:alert(1)", []),
        ("电话010-12345678转1", ["tel:010-12345678"]),
        ("拨打400-000-0000或12345", ["tel:400-000-0000", "tel:12345"]),
        ("手机 13800138000", ["tel:13800138000"]),
        ("编号 202613800138000123", []),
        ("发到 a.b@example.cn。", ["mailto:a.b@example.cn"]),
        ("2026年", []),
    ],
)
def test_addresses_and_numbers_can_be_followed(text, linked):
    assert [href for _, href in links(text) if href] == linked
    assert "".join(piece for piece, _ in links(text)) == text


@pytest.mark.parametrize("path", ["/", "/?q=文网文", "/q/fefa73752626bf"])
def test_a_page_that_is_asked_for_too_early_says_so_and_comes_back_by_itself(settings, path):
    with create_app(LiveBot(settings)).test_client() as client:
        response = client.get(path)
    assert response.status_code == 503
    assert "正在打开知识库" in response.text
    assert 'http-equiv="refresh"' in response.text
    assert response.headers["Retry-After"]
