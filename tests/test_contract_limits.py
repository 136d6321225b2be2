"""Check 35: how often one client may ask, how it is told, and who counts as one client."""

from __future__ import annotations

import pytest

from qa_bot import Settings
from qa_bot.web import limits
from qa_bot.web.limits import SECONDS, Allowance

ANSWERS = "/api/v1/answers"
ASKED = {"question": "文网文几年到期"}


def ask(client, address="10.0.0.1", **headers):
    return client.post(ANSWERS, json=ASKED, environ_base={"REMOTE_ADDR": address}, headers=headers)


def test_check_35_the_61st_question_in_a_minute_is_refused(client_with):
    client = client_with(asks_per_minute=Settings().asks_per_minute)
    responses = [ask(client) for _ in range(61)]
    assert [response.status_code for response in responses] == [200] * 60 + [429]
    refused = responses[-1]
    assert refused.content_type == "application/problem+json"
    assert refused.get_json()["type"] == "urn:problem-type:qa-bot:rate-limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= SECONDS
    assert refused.headers["RateLimit"] == f'"ask";r=0;t={refused.headers["Retry-After"]}'


def test_check_35_every_response_tells_what_is_left(client_with):
    client = client_with(asks_per_minute=3)
    responses = [ask(client) for _ in range(2)]
    for response, left in zip(responses, (2, 1), strict=True):
        assert response.headers["RateLimit-Policy"] == '"ask";q=3;w=60'
        assert response.headers["RateLimit"] == f'"ask";r={left};t=60'
        assert "Retry-After" not in response.headers


def test_check_35_clients_are_counted_apart(client_with):
    client = client_with(asks_per_minute=1)
    assert ask(client, "10.0.0.1").status_code == 200
    assert ask(client, "10.0.0.2").status_code == 200
    assert ask(client, "10.0.0.1").status_code == 429


def test_check_35_an_address_that_a_client_makes_up_is_ignored(client_with):
    client = client_with(asks_per_minute=1)
    statuses = [ask(client, **{"X-Forwarded-For": f"1.2.3.{n}"}).status_code for n in range(2)]
    assert statuses == [200, 429]


def test_check_35_the_address_that_the_proxy_saw_counts(client_with):
    client = client_with(asks_per_minute=1, proxies=1)
    seen = [ask(client, **{"X-Forwarded-For": f"1.2.3.{n}"}).status_code for n in range(2)]
    made_up = ask(client, **{"X-Forwarded-For": "9.9.9.9, 1.2.3.0"}).status_code
    assert (seen, made_up) == ([200, 200], 429)


def test_check_35_reading_has_an_allowance_of_its_own(client_with):
    client = client_with(asks_per_minute=1, reads_per_minute=2)
    assert [ask(client).status_code for _ in range(2)] == [200, 429]
    statuses = [client.get("/api/v1/suggest?q=w").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize(
    ("method", "path", "policy"),
    [
        ("POST", ANSWERS, "ask"),
        ("GET", f"{ANSWERS}?question=文网文", "ask"),
        ("GET", "/?q=文网文", "ask"),
        ("PUT", f"{ANSWERS}/1/feedback", "ask"),
        ("DELETE", f"{ANSWERS}/1/feedback", "ask"),
        ("POST", "/language/:query-knowledgebases", "ask"),
        ("POST", "/v1/chat/completions", "ask"),
        ("GET", "/", "read"),
        ("GET", "/api/v1/config", "read"),
        ("GET", "/api/v1/suggest?q=w", "read"),
        ("GET", "/api/v1/entries/1", "read"),
        ("GET", "/api/v1/openapi.json", "read"),
        ("GET", "/v1/models", "read"),
    ],
)
def test_check_35_every_endpoint_draws_on_an_allowance(client_with, method, path, policy):
    client = client_with(asks_per_minute=5, reads_per_minute=5)
    response = client.open(path, method=method, json=ASKED if method == "POST" else None)
    assert response.headers["RateLimit"].startswith(f'"{policy}";r=4')


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_check_35_those_that_watch_the_server_are_not_counted(client_with, path):
    response = client_with(asks_per_minute=5, reads_per_minute=5).get(path)
    assert "RateLimit" not in response.headers


def test_check_35_a_preflight_is_not_counted(client_with):
    client = client_with(origins=("https://a.cn",), asks_per_minute=1)
    headers = {"Origin": "https://a.cn", "Access-Control-Request-Method": "POST"}
    assert "RateLimit" not in client.options(ANSWERS, headers=headers).headers


def test_check_35_a_listed_page_may_read_that_it_asked_too_often(client_with):
    client = client_with(origins=("https://a.cn",), asks_per_minute=1)
    refused = [ask(client, Origin="https://a.cn") for _ in range(2)][-1]
    assert refused.status_code == 429
    assert refused.headers["Access-Control-Allow-Origin"] == "https://a.cn"
    assert "Retry-After" in refused.headers["Access-Control-Expose-Headers"]


def test_check_35_a_quota_of_nought_is_no_limit(client):
    assert "RateLimit" not in ask(client).headers


# ---- the allowance


def test_an_allowance_is_whole_again_a_minute_after_its_first_request():
    allowance = Allowance(2)
    spent = [allowance.spend("甲", now) for now in (0.0, 30.0, 59.0, 60.0)]
    assert spent == [(1, 60.0), (0, 30.0), (-1, 1.0), (1, 60.0)]


def test_too_many_requests_do_not_make_the_wait_longer():
    allowance = Allowance(1)
    for now in range(59):
        allowance.spend("甲", float(now))
    assert allowance.spend("甲", 60.0) == (0, 60.0)


def test_no_more_clients_are_counted_than_memory_is_meant_for():
    allowance = Allowance(1, most_clients=3)
    for client in "甲乙丙丁":
        allowance.spend(client, 0.0)
    assert allowance.spend("丁", 1.0)[0] == -1
    assert allowance.spend("甲", 1.0)[0] == 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("unix:", "unix:", True),
    ],
)
def test_a_client_is_an_address_or_the_part_of_it_that_a_site_is_given(one, other, same):
    assert (limits.client(one) == limits.client(other)) is same
