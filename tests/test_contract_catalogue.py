"""What can be asked: config, suggestions and entries, and how long a client may keep them."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from qa_bot import Bot
from qa_bot.web import LiveBot, create_app

CONFIG, SUGGEST, ENTRIES = "/api/v1/config", "/api/v1/suggest", "/api/v1/entries"
QUESTION = "网络文化经营许可证的有效期是几年，什么时候申请续期？"


def suggest(client, typed, **query):
    return client.get(SUGGEST, query_string={"q": typed, **query})


def entry_of(bot, question):
    return next(entry for entry in bot.index.base.entries if entry.question == question)


def test_config_tells_what_a_client_shows_before_the_first_question(client, bundled, settings):
    config = client.get(CONFIG).get_json()
    assert config["name"] == "许可备案问答"
    assert config["greeting"]
    assert config["disclaimer"].endswith("。")
    assert config["contact"] == settings.contact
    assert config["max_question"] == settings.max_question_chars
    assert config["release"] == 0
    assert config["locales"] == ["zh-CN", "zh-TW", "en"]
    assert all(bundled.ask(opener).outcome == "answered" for opener in config["openers"])


def test_config_without_a_contact_has_none(settings, write):
    own = replace(settings, contact="")
    bot = Bot.open(write("faq.csv", "question,answer\n怎么办?,这样办。\n"), own)
    client = create_app(LiveBot(own, bot=bot)).test_client()
    assert client.get(CONFIG).get_json()["contact"] is None


def test_what_is_typed_is_answered_with_questions_in_segments(client):
    first, *_ = suggest(client, "wlwh").get_json()["suggestions"]
    assert set(first) == {"id", "question", "segments", "answered"}
    assert first["answered"] is True
    assert first["segments"][0] == ["网络文化", True]
    assert "".join(text for text, _ in first["segments"]) == first["question"]


@pytest.mark.parametrize(("query", "count"), [({}, 6), ({"limit": 1}, 1), ({"limit": 20}, 20)])
def test_as_many_suggestions_come_as_are_wanted(client, query, count):
    assert len(suggest(client, "备案", **query).get_json()["suggestions"]) == count


def test_nothing_typed_suggests_nothing(client):
    assert suggest(client, "").get_json() == {"suggestions": []}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "#/q"),
        ({"q": "文" * 501}, "#/q"),
        ({"q": "文", "limit": "0"}, "#/limit"),
        ({"q": "文", "limit": "21"}, "#/limit"),
        ({"q": "文", "limit": "三"}, "#/limit"),
        ({"q": "文", "limit": "²"}, "#/limit"),
        ({"q": "文", "limit": "9" * 5000}, "#/limit"),
        ({"q": "文", "limt": "3"}, "#/limt"),
    ],
)
def test_check_31_a_wrong_parameter_is_pointed_at(client, query, pointer):
    response = client.get(SUGGEST, query_string=query)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.get_json()["errors"]] == [pointer]


def test_an_entry_is_shown_with_all_that_is_held_of_it(client, bundled):
    stored = entry_of(bundled, QUESTION)
    entry = client.get(f"{ENTRIES}/{stored.id}").get_json()
    assert (entry["id"], entry["question"]) == (stored.id, QUESTION)
    assert entry["answer"].startswith("有效期3年。")
    assert entry["facets"]["permit"] == "网络文化经营许可证"
    assert entry["wordings"] == list(stored.wordings)
    assert entry["passages"][0]["text"] == entry["answer"]
    assert entry["source"] == {"file": "faq/network-culture.csv", "line": 3}
    assert entry["basis"] == "《互联网文化管理暂行规定》（2017修订）第九条"
    assert (entry["reviewed_on"], entry["valid_until"]) == (stored.reviewed_on, None)


def test_a_listed_entry_has_no_answer(client, bundled):
    stored = entry_of(bundled, "浙江网络文化经营许可证变更股权需要提交哪些材料？")
    entry = client.get(f"{ENTRIES}/{stored.id}").get_json()
    assert (entry["answered"], entry["answer"], entry["passages"]) == (False, None, [])


def test_an_answer_that_may_no_longer_be_given_is_left_out(open_faq, settings):
    table = "question,answer,valid_until\n今年何时放假？,二月放假。,2020-01-01\n"
    bot = open_faq(table)
    client = create_app(LiveBot(settings, bot=bot)).test_client()
    (stored,) = bot.index.base.entries
    entry = client.get(f"{ENTRIES}/{stored.id}").get_json()
    assert (entry["answered"], entry["expired"]) == (True, True)
    assert (entry["answer"], entry["passages"]) == (None, [])
    assert entry["valid_until"] < datetime.datetime.now().astimezone().date().isoformat()


@pytest.mark.parametrize("entry_id", ["没有", "0", "../config", "a" * 5000])
def test_check_31_an_entry_that_is_not_there_is_a_problem(client, entry_id):
    response = client.get(f"{ENTRIES}/{entry_id}")
    assert response.status_code == 404
    assert response.content_type == "application/problem+json"


# ---- how long a client may keep it


@pytest.fixture
def paths(bundled):
    entry = entry_of(bundled, QUESTION)
    return [CONFIG, f"{SUGGEST}?q=wlwh", f"{ENTRIES}/{entry.id}", "/api/v1/openapi.json"]


def test_check_34_what_is_still_right_is_not_sent_again(client, paths):
    for path in paths:
        first = client.get(path)
        assert first.headers["ETag"].startswith('W/"')
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        other = client.get(path, headers={"If-None-Match": 'W/"anderes"'})
        assert other.data == first.data


def test_check_34_the_tag_is_of_what_was_typed_in_its_normal_form(client):
    tags = [suggest(client, typed).headers["ETag"] for typed in ("网络文化", "網絡 文化", "文网文")]
    assert tags[0] == tags[1] != tags[2]


def test_check_34_other_knowledge_has_other_tags(client, open_faq, settings):
    other = create_app(
        LiveBot(settings, bot=open_faq("question,answer\n几点上班？,九点。\n"))
    ).test_client()
    for path in (CONFIG, f"{SUGGEST}?q=wlwh"):
        assert client.get(path).headers["ETag"] != other.get(path).headers["ETag"]


@pytest.mark.parametrize(("path", "age"), [(CONFIG, 300), (f"{SUGGEST}?q=w", 60)])
def test_check_34_a_client_may_go_without_asking_for_a_while(client, path, age):
    expected = f"max-age={age}, stale-while-revalidate={10 * age}"
    assert client.get(path).headers["Cache-Control"] == expected


def test_a_server_that_opens_its_knowledge_has_nothing_to_show(settings):
    client = create_app(LiveBot(settings)).test_client()
    for path in (CONFIG, f"{SUGGEST}?q=w", f"{ENTRIES}/1"):
        response = client.get(path)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "2"


def test_a_reload_swaps_the_suggestions_with_the_bot(settings, write):
    path = write("faq.csv", "question,answer\n几点上班？,九点。\n")
    live = LiveBot(settings, path, bot=Bot.open(path, settings))
    client = create_app(live).test_client()
    before = suggest(client, "jd")
    write("faq.csv", "question,answer\n几点下班？,六点。\n")
    live.reload()
    after = suggest(client, "jd")
    assert before.get_json()["suggestions"][0]["question"] == "几点上班？"
    assert after.get_json()["suggestions"][0]["question"] == "几点下班？"
    assert before.headers["ETag"] != after.headers["ETag"]
