"""What the owner sees of a running bot: figures, the log, and the same answer every time."""

from __future__ import annotations

import json
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families

from qa_bot.logs import JSONFormatter, TextFormatter, with_fields

ANSWERS, METRICS = "/api/v1/answers", "/metrics"
QUESTION = "网络文化经营许可证的有效期是几年，什么时候申请续期？"
TOKEN = {"Authorization": "Bearer 秘密".encode().decode("latin-1")}


# ---- figures


@pytest.fixture
def watched(client_with, journal):
    """A client of a server that shows its figures."""
    return client_with(journal, metrics_token="s3cret")


def figures(client):
    """Give what Prometheus reads: (name, labels) → value."""
    response = client.get(METRICS, headers={"Authorization": "Bearer s3cret"})
    assert response.status_code == 200
    assert response.content_type.startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(response.text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def figure(client, name, **labels):
    return figures(client)[name, frozenset(labels.items())]


def test_check_36_requests_and_replies_are_counted(watched):
    for question in (QUESTION, QUESTION, "香港大模型备案怎么办"):
        watched.post(ANSWERS, json={"question": question})
    watched.post(ANSWERS, json={})
    asked = {"route": ANSWERS, "method": "POST"}
    assert figure(watched, "qa_bot_requests_total", **asked, status="200") == 3
    assert figure(watched, "qa_bot_requests_total", **asked, status="422") == 1
    assert figure(watched, "qa_bot_replies_total", outcome="answered") == 2
    assert figure(watched, "qa_bot_replies_total", outcome="no_match") == 1
    assert figure(watched, "qa_bot_request_seconds_count", route=ANSWERS) == 4


def test_check_36_the_figures_tell_the_size_of_the_base(watched, bundled):
    base = bundled.index.base
    assert figure(watched, "qa_bot_entries", answered="true") == base.answered
    assert figure(watched, "qa_bot_entries", answered="false") == len(base.entries) - base.answered
    assert figure(watched, "qa_bot_journal_left_out") == 0


def test_check_36_no_label_is_what_a_stranger_wrote(watched):
    watched.get("/没有/这页")
    watched.open(ANSWERS, method="没有")
    watched.get("/api/v1/entries/没有")
    watched.get(ANSWERS, query_string={"question": QUESTION})
    values = {value for _, labels in figures(watched) for _, value in labels}
    assert not any("没有" in value or QUESTION in value for value in values)
    assert {"none", "other", "/api/v1/entries/<entry_id>"} <= values


def test_check_36_the_figures_are_shown_to_nobody_without_a_token(client):
    assert client.get(METRICS).status_code == 404


@pytest.mark.parametrize("given", [None, "", "Bearer ", "Bearer wrong", "Basic s3cret", "Bearer é"])
def test_check_36_a_wrong_token_is_refused(watched, given):
    response = watched.get(METRICS, headers={} if given is None else {"Authorization": given})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].lower() == "bearer"
    assert response.content_type == "application/problem+json"


# ---- the log


@pytest.fixture
def logged(caplog):
    """Give the named values of the last request's line."""
    caplog.set_level(logging.INFO, "qa_bot.web.requests")

    def fields():
        return caplog.records[-1].getMessage(), caplog.records[-1].fields

    return fields


def test_check_32_the_id_of_a_request_is_in_its_line_of_the_log(client, logged):
    client.post(ANSWERS, json={"question": QUESTION}, headers={"X-Request-ID": "von-mir"})
    message, fields = logged()
    assert message == f"POST {ANSWERS}"
    assert (fields["request_id"], fields["status"]) == ("von-mir", 200)
    assert fields["outcome"] == "answered"
    assert fields["ms"] > 0


def test_the_text_of_a_question_is_not_logged(client, logged, caplog):
    client.get(ANSWERS, query_string={"question": QUESTION})
    client.get(f"/{QUESTION}")
    assert logged()[0] == "GET none"
    assert QUESTION not in "".join(str(record.__dict__) for record in caplog.records)


def test_the_text_of_a_question_is_logged_where_the_owner_wants_it(client_with, logged):
    client_with(log_questions=True).post(ANSWERS, json={"question": QUESTION})
    assert logged()[1]["question"] == QUESTION


def test_those_that_watch_the_server_leave_no_line(client, caplog):
    caplog.set_level(logging.INFO)
    for path in ("/healthz", "/readyz", METRICS):
        client.get(path)
    assert caplog.records == []


def record(**fields):
    made = logging.LogRecord("qa_bot.web", logging.INFO, "", 1, "已%s", ("答",), None)
    made.__dict__.update(with_fields(**fields))
    return made


def test_a_line_of_text_has_the_named_values_behind_the_message():
    assert TextFormatter().format(record(status=200)) == "INFO qa_bot.web: 已答 status=200"


def test_a_line_of_json_is_an_object():
    line = json.loads(JSONFormatter().format(record(status=200, request_id="1\n2")))
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "INFO",
        "logger": "qa_bot.web",
        "message": "已答",
        "status": 200,
        "request_id": "1\n2",
    }


def test_a_traceback_stays_in_the_line_of_its_error():
    failed = record()
    try:
        _ = 1 // 0
    except ZeroDivisionError as error:
        failed.exc_info = (type(error), error, error.__traceback__)
    line = JSONFormatter().format(failed)
    assert "\n" not in line
    assert "ZeroDivisionError" in json.loads(line)["traceback"]


# ---- the same answer every time


def test_check_37_a_hundred_repeats_give_the_same_reply(client):
    seen = set()
    for _ in range(100):
        reply = client.post(ANSWERS, json={"question": QUESTION}).get_json()
        del reply["answer_id"], reply["links"], reply["timing_ms"]
        seen.add(json.dumps(reply))
    assert len(seen) == 1
