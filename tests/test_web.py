"""The JSON endpoint: what it gives, what it refuses, and what every response carries."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from qa_bot.web import LiveBot, create_app

ANSWERS = "/api/v1/answers"
QUESTION = "网络文化经营许可证的有效期是几年，什么时候申请续期？"
LISTED = "浙江网络文化经营许可证变更股权需要提交哪些材料？"

REPLY_FIELDS = [
    "answer_id",
    "release",
    "outcome",
    "confidence",
    "entry",
    "answer",
    "clarify",
    "say",
    "alternatives",
    "explanation",
    "context",
    "links",
    "timing_ms",
]
ENTRY_FIELDS = {"id", "question", "url", "facets", "answered"}
DESIGNED_ANSWER_FIELDS = {"text", "segments", "evidence", "source", "reviewed_on"}
ADDED_ANSWER_FIELDS = {"basis", "notice"}
SOURCE_FIELDS = {"title", "url", "section", "file", "line"}
EXPLANATION_FIELDS = {
    "score",
    "matched",
    "unused",
    "learned",
    "facets",
    "carried",
    "repairs",
    "part",
    "runner_up",
    "rule",
    "sentence",
}
PROBLEM_FIELDS = {"type", "title", "status", "detail", "instance", "request_id"}


def ask(client, **body):
    return client.post(ANSWERS, json=body)


def pointers(response):
    return [error["pointer"] for error in response.get_json()["errors"]]


# ---- replies


def test_a_reply_has_the_fields_of_the_design_in_its_order(client):
    reply = ask(client, question=QUESTION).get_json()
    assert list(json.loads(ask(client, question=QUESTION).text)) == REPLY_FIELDS
    assert reply["outcome"] == "answered"
    assert reply["clarify"] is None
    assert reply["links"] == {"feedback": f"/api/v1/answers/{reply['answer_id']}/feedback"}


def test_the_parts_of_an_answered_reply_have_the_fields_of_the_design(client):
    reply = ask(client, question=QUESTION).get_json()
    assert set(reply["entry"]) == ENTRY_FIELDS
    assert set(reply["answer"]) == DESIGNED_ANSWER_FIELDS | ADDED_ANSWER_FIELDS
    assert set(reply["answer"]["source"]) == SOURCE_FIELDS
    assert set(reply["explanation"]) == EXPLANATION_FIELDS
    for alternative in reply["alternatives"]:
        assert set(alternative) == {"entry", "confidence"}
        assert set(alternative["entry"]) == ENTRY_FIELDS


def test_an_answer_comes_with_its_text_its_proof_and_its_place(client):
    answer = ask(client, question=QUESTION).get_json()["answer"]
    assert answer["text"].startswith("有效期3年。")
    assert "".join(text for text, _ in answer["segments"]) == answer["text"]
    assert [text for text, marked in answer["segments"] if marked]
    assert answer["source"]["file"] == "faq/network-culture.csv"
    assert answer["source"]["line"] == 3
    assert answer["basis"] == "《互联网文化管理暂行规定》（2017修订）第九条"


def test_a_listed_question_has_an_entry_and_no_answer(client):
    reply = ask(client, question=LISTED).get_json()
    assert reply["outcome"] == "listed_unanswered"
    assert reply["entry"]["question"] == LISTED
    assert reply["entry"]["answered"] is False
    assert reply["answer"] is None


def test_a_question_without_words_has_neither_entry_nor_answer(client):
    reply = ask(client, question="？？？").get_json()
    assert (reply["outcome"], reply["entry"], reply["answer"]) == ("no_match", None, None)


def test_chinese_is_sent_as_it_is(client):
    response = ask(client, question=QUESTION)
    assert response.content_type == "application/json"
    assert QUESTION in response.data.decode("utf-8")


def test_get_gives_the_same_reply_as_post(client):
    got = client.get(ANSWERS, query_string={"question": QUESTION, "top": 2}).get_json()
    posted = ask(client, question=QUESTION, top=2).get_json()
    for reply in (got, posted):
        del reply["answer_id"], reply["links"], reply["timing_ms"]
    assert got == posted


def test_each_reply_has_an_id_of_its_own(client):
    ids = {ask(client, question=QUESTION).get_json()["answer_id"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize("top", [0, 1])
def test_top_says_how_many_alternatives_come(client, top):
    assert len(ask(client, question=QUESTION, top=top).get_json()["alternatives"]) == top


@pytest.mark.parametrize(
    "extra",
    [
        {"session_id": "访客-1"},
        {"context": None},
        {"context": {}},
        {"context": {"facets": {"region": "江苏"}}},
        {"top": 20},
    ],
)
def test_the_optional_fields_are_taken(client, extra):
    assert ask(client, question=QUESTION, **extra).status_code == 200


def test_a_question_of_the_greatest_length_is_taken(client, settings):
    assert ask(client, question="文" * settings.max_question_chars).status_code == 200


def test_a_body_of_the_greatest_length_is_taken(client, settings):
    body = json.dumps({"question": QUESTION}).ljust(settings.max_body_bytes)
    response = client.post(ANSWERS, data=body, content_type="application/json")
    assert response.status_code == 200


def test_the_context_of_a_reply_makes_the_next_question_complete(client):
    before = ask(client, question=QUESTION).get_json()
    reply = ask(client, question="政府收费吗", context=before["context"]).get_json()
    assert reply["entry"]["question"] == "办网络文化经营许可证政府收费吗？"
    assert reply["explanation"]["carried"] == {"permit": "网络文化经营许可证"}


# ---- refusals

REFUSALS = [
    pytest.param("POST", ANSWERS, {"data": "{", "content_type": "application/json"}, 400, id="400"),
    pytest.param("POST", ANSWERS, {"data": "问", "content_type": "text/plain"}, 415, id="415"),
    pytest.param("POST", ANSWERS, {"data": {"question": QUESTION}}, 415, id="415-form"),
    pytest.param("GET", "/api/v1/没有", {}, 404, id="404"),
    pytest.param("GET", "/widget/latest/没有.js", {}, 404, id="404-asset"),
    pytest.param("DELETE", ANSWERS, {}, 405, id="405"),
    pytest.param("POST", "/", {}, 405, id="405-page"),
    pytest.param("POST", ANSWERS, {"json": {"question": "文" * 9000}}, 413, id="413"),
    pytest.param("POST", ANSWERS, {"json": {}}, 422, id="422"),
]


@pytest.mark.parametrize(("method", "path", "request_", "status"), REFUSALS)
def test_check_31_every_error_is_a_problem(client, method, path, request_, status):
    response = client.open(path, method=method, **request_)
    problem = response.get_json()
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert set(problem) - {"errors"} == PROBLEM_FIELDS
    assert problem["status"] == status
    assert problem["instance"] == path
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert problem["title"]
    assert problem["detail"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [(ANSWERS, {"GET", "HEAD", "OPTIONS", "POST"}), ("/healthz", {"GET", "HEAD", "OPTIONS"})],
)
def test_check_31_a_wrong_method_is_told_the_right_ones(client, path, allowed):
    assert set(client.delete(path).headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"question": "a"', id="cut-off"),
        pytest.param(b"\xff", id="not-utf-8"),
        pytest.param("问题".encode("gb18030"), id="gb18030"),
        pytest.param(b"[" * 8000, id="nested-without-end"),
        pytest.param(b'{"question": "a", "top": ' + b"9" * 5000 + b"}", id="endless-number"),
        pytest.param(b'{"question": "\\ud83d"}', id="half-a-character"),
        pytest.param(b'{"\\ud83d": "a"}', id="half-a-character-in-a-name"),
        pytest.param(b'{"question": "\xed\xa0\xbd"}', id="half-a-character-unescaped"),
        pytest.param(b'{"question": "\\uDE00\\ud83d"}', id="halves-the-wrong-way-round"),
        pytest.param(b'["question"]', id="list"),
        pytest.param(b"null", id="null"),
        pytest.param('"问题"'.encode(), id="string"),
    ],
)
def test_check_31_a_body_that_is_no_json_object_is_a_bad_request(client, body):
    response = client.post(ANSWERS, data=body, content_type="application/json")
    assert response.status_code == 400
    assert "JSON" in response.get_json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"question": "\\ud83d\\ude00"}', id="both-halves-of-a-character"),
        pytest.param(b'{"question": "\\\\ud83d"}', id="escaped-backslash"),
        pytest.param('{"question": "文网文"}'.encode("utf-8-sig"), id="byte-order-mark"),
        pytest.param('{"question": "文网文"}'.encode("utf-16"), id="utf-16"),
    ],
)
def test_check_31_whatever_can_be_sent_back_is_taken(client, body):
    assert client.post(ANSWERS, data=body, content_type="application/json").status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/question"),
        ({"question": None}, "#/question"),
        ({"question": 3}, "#/question"),
        ({"question": [QUESTION]}, "#/question"),
        ({"question": ""}, "#/question"),
        ({"question": " \u3000\n"}, "#/question"),
        ({"question": "文" * 501}, "#/question"),
        ({"question": QUESTION, "quesiton": "错"}, "#/quesiton"),
        ({"question": QUESTION, "问题": "错"}, "#/问题"),
        ({"question": QUESTION, "a/b~c": "错"}, "#/a~1b~0c"),
        ({"question": QUESTION, "top": -1}, "#/top"),
        ({"question": QUESTION, "top": 21}, "#/top"),
        ({"question": QUESTION, "top": 2.0}, "#/top"),
        ({"question": QUESTION, "top": "3"}, "#/top"),
        ({"question": QUESTION, "top": True}, "#/top"),
        ({"question": QUESTION, "top": None}, "#/top"),
        ({"question": QUESTION, "session_id": 7}, "#/session_id"),
        ({"question": QUESTION, "context": "江苏"}, "#/context"),
        ({"question": QUESTION, "context": []}, "#/context"),
        ({"question": QUESTION, "context": False}, "#/context"),
        ({"question": QUESTION, "context": {"region": "江苏"}}, "#/context/region"),
        ({"question": QUESTION, "context": {"facets": ["江苏"]}}, "#/context/facets"),
        (
            {"question": QUESTION, "context": {"facets": {"region": ["江苏"]}}},
            "#/context/facets/region",
        ),
        (
            {"question": QUESTION, "context": {"facets": {"region": "火星"}}},
            "#/context/facets/region",
        ),
        ({"question": QUESTION, "context": {"facets": {"星座": "狮子"}}}, "#/context/facets/星座"),
        ({"question": QUESTION, "context": {"a/b~c": 1}}, "#/context/a~1b~0c"),
        ({"question": QUESTION, "context": {"entry": "没有"}}, "#/context/entry"),
        ({"question": QUESTION, "context": {"entry": ["没有"]}}, "#/context/entry"),
        ({"question": QUESTION, "context": {"asked": "文" * 501}}, "#/context/asked"),
        ({"question": QUESTION, "context": {"asked": 3}}, "#/context/asked"),
        ({"question": QUESTION, "context": {"offered": "没有"}}, "#/context/offered"),
        ({"question": QUESTION, "context": {"offered": [""] * 51}}, "#/context/offered"),
        ({"question": QUESTION, "context": {"offered": [{}]}}, "#/context/offered/0"),
        ({"question": QUESTION, "context": {"passed": ["没有"]}}, "#/context/passed/0"),
        ({"question": QUESTION, "context": {"clarify": "region"}}, "#/context/clarify"),
        ({"question": QUESTION, "context": {"clarify": {}}}, "#/context/clarify"),
        ({"question": QUESTION, "context": {"clarified": ["星座"]}}, "#/context/clarified/0"),
    ],
)
def test_check_31_a_wrong_field_is_pointed_at(client, body, pointer):
    response = ask(client, **body)
    assert response.status_code == 422
    assert pointers(response) == [pointer]


def test_check_31_all_wrong_fields_are_told_at_once(client):
    response = ask(client, question="", top=99, context=3, session_id=4, 语言="zh")
    found = ["#/context", "#/question", "#/session_id", "#/top", "#/语言"]
    assert sorted(pointers(response)) == found


def test_all_that_is_wrong_with_a_context_is_told_at_once(client):
    clarify = {"facet": "region", "options": ["浙江", "火星"]}
    response = ask(client, question=QUESTION, context={"entry": 1, "clarify": clarify, "x": 0})
    found = ["#/context/clarify/options/1", "#/context/entry", "#/context/x"]
    assert sorted(pointers(response)) == found


def test_check_35_a_question_that_is_too_long_is_told_both_lengths(client):
    detail = ask(client, question="文" * 501).get_json()["errors"][0]["detail"]
    assert "501" in detail
    assert "500" in detail


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "#/question"),
        ({"question": " "}, "#/question"),
        ({"question": QUESTION, "top": "-1"}, "#/top"),
        ({"question": QUESTION, "top": "三"}, "#/top"),
        ({"question": QUESTION, "top": ""}, "#/top"),
        ({"question": QUESTION, "top": "9" * 5000}, "#/top"),
        ({"question": QUESTION, "context": "{}"}, "#/context"),
        ({"question": QUESTION, "q": "错"}, "#/q"),
    ],
)
def test_check_31_a_wrong_parameter_of_get_is_pointed_at(client, query, pointer):
    response = client.get(ANSWERS, query_string=query)
    assert response.status_code == 422
    assert pointers(response) == [pointer]


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
any_context = st.dictionaries(
    st.sampled_from(
        ["facets", "entry", "asked", "offered", "passed", "clarify", "clarified", "别的"]
    ),
    any_json,
)
any_request = st.fixed_dictionaries(
    {"question": st.text(min_size=1) | any_json},
    optional={
        "top": st.integers(0, 20) | any_json,
        "context": any_context | any_json,
        "session_id": st.text() | any_json,
    },
)


@bounded(max_examples=60, derandomize=True, deadline=None)
@given(body=any_json | any_request)
def test_any_json_is_answered_in_json_and_never_breaks_the_server(client, body):
    response = client.post(ANSWERS, data=json.dumps(body), content_type="application/json")
    assert response.status_code in {200, 400, 413, 422}
    assert isinstance(response.get_json(), dict)


@bounded(max_examples=60, derandomize=True, deadline=None)
@given(body=st.binary())
def test_any_bytes_are_answered_in_json(client, body):
    response = client.post(ANSWERS, data=body, content_type="application/json")
    assert response.status_code == 400
    assert isinstance(response.get_json(), dict)


# ---- what every response carries


@pytest.mark.parametrize("given_id", ["abc-123", "a.b_C", "0" * 64])
def test_check_32_the_id_of_a_request_is_kept(client, given_id):
    response = client.post(ANSWERS, headers={"X-Request-ID": given_id})
    assert response.headers["X-Request-ID"] == given_id
    assert response.get_json()["request_id"] == given_id


@pytest.mark.parametrize("given_id", [None, "", "a b", "<script>", "0" * 65])
def test_check_32_a_request_without_a_usable_id_gets_one(client, given_id):
    headers = {} if given_id is None else {"X-Request-ID": given_id}
    made = [client.get("/healthz", headers=headers).headers["X-Request-ID"] for _ in range(2)]
    assert all(re.fullmatch("[0-9a-f]{32}", id_) for id_ in made)
    assert made[0] != made[1]


@pytest.mark.parametrize(
    "path",
    [
        f"{ANSWERS}?question={QUESTION}",
        ANSWERS,
        "/",
        "/?q=？",
        "/healthz",
        "/没有",
        "/widget/latest/page.js",
    ],
)
def test_every_response_keeps_browsers_safe(client, path):
    with client.get(path) as response:
        headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_check_34_an_answer_is_not_stored_on_the_way(client, method):
    body = {"question": QUESTION}
    sent = {"query_string": body} if method == "GET" else {"json": body}
    assert client.open(ANSWERS, method=method, **sent).headers["Cache-Control"] == "no-store"


def test_check_37_an_answer_says_how_long_it_took(client):
    timing = ask(client, question=QUESTION).headers["Server-Timing"]
    assert re.fullmatch(r"ask;dur=\d+\.\d\d", timing)


@pytest.mark.parametrize("path", ["/widget/latest/../../README.md", "/widget/latest/%2e%2e/x"])
def test_no_file_outside_the_assets_is_sent(client, path):
    assert client.get(path).status_code == 404


def test_check_31_an_unforeseen_error_is_logged_and_not_shown(settings, bundled, caplog):
    app = create_app(LiveBot(settings, bot=bundled))
    app.add_url_rule("/除零", view_func=lambda: 1 // 0)
    response = app.test_client().get("/除零")
    assert response.status_code == 500
    assert set(response.get_json()) == PROBLEM_FIELDS
    assert "ZeroDivisionError" not in response.text
    assert response.get_json()["request_id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


# ---- being alive and being ready


def test_a_server_without_a_bot_is_alive(settings):
    client = create_app(LiveBot(settings)).test_client()
    response = client.get("/healthz")
    assert (response.status_code, response.get_json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/readyz", f"{ANSWERS}?question={QUESTION}"])
def test_a_server_without_a_bot_asks_to_come_back(settings, path):
    response = create_app(LiveBot(settings)).test_client().get(path)
    assert response.status_code == 503
    assert response.content_type == "application/problem+json"
    assert int(response.headers["Retry-After"]) > 0


def test_a_server_is_ready_once_its_knowledge_is_open(settings, write):
    live = LiveBot(settings, write("问答.csv", "question,answer\n几点上班？,早上九点。\n"))
    client = create_app(live).test_client()
    live.reload()
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()) == (200, {"status": "ready"})
    assert ask(client, question="几点上班？").get_json()["answer"]["text"] == "早上九点。"
