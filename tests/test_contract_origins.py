"""Check 33: pages of listed sites may ask, those of others may not, and no one sends cookies."""

from __future__ import annotations

import pytest

from qa_bot.settings import SettingsError

ANSWERS = "/api/v1/answers"
LISTED, FOREIGN = "https://www.example.cn", "https://evil.example"
QUESTION = {"question": "文网文几年到期"}
PREFLIGHT = {"Access-Control-Request-Method": "POST"}


@pytest.fixture
def site(client_with):
    """A client of a server that lists one origin."""
    return client_with(origins=(LISTED, "http://localhost:8781"))


@pytest.mark.parametrize("origin", [LISTED, "http://localhost:8781"])
@pytest.mark.parametrize("path", ["/api/v1/config", ANSWERS, "/没有"])
def test_check_33_a_listed_origin_may_read_every_response(site, origin, path):
    headers = site.get(path, headers={"Origin": origin}).headers
    assert headers["Access-Control-Allow-Origin"] == origin
    assert "X-Request-ID" in headers["Access-Control-Expose-Headers"]
    assert "Origin" in headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in headers


@pytest.mark.parametrize(
    "origin",
    [
        FOREIGN,
        "null",
        "https://www.example.cn.evil.example",
        "http://www.example.cn",
        "http://",
        "",
    ],
)
def test_check_33_no_other_origin_may_read(site, origin):
    response = site.get("/api/v1/config", headers={"Origin": origin})
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Origin" in response.headers["Vary"]


def test_check_33_a_preflight_of_a_listed_origin_is_answered(site):
    response = site.options(ANSWERS, headers={"Origin": LISTED, **PREFLIGHT})
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Max-Age"] == "7200"
    assert response.headers["Access-Control-Allow-Origin"] == LISTED
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("origin", [FOREIGN, "null"])
def test_check_33_a_preflight_of_another_origin_is_refused(site, origin):
    response = site.options(ANSWERS, headers={"Origin": origin, **PREFLIGHT})
    assert response.status_code == 403
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("origin", [FOREIGN, "null", "http://[::1", "http://x y", "localhost"])
def test_check_33_what_a_foreign_page_sends_is_refused_on_the_server(site, method, origin):
    path = ANSWERS if method == "POST" else f"{ANSWERS}/1/feedback"
    response = site.open(path, method=method, json=QUESTION, headers={"Origin": origin})
    assert response.status_code == 403
    assert response.get_json()["type"] == "urn:problem-type:qa-bot:foreign-origin"
    assert "QA_BOT_ORIGINS" in response.get_json()["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no-page"),
        pytest.param({"Origin": LISTED}, id="listed"),
        pytest.param({"Origin": "http://localhost"}, id="own"),
        pytest.param({"Origin": "https://localhost"}, id="own-behind-a-proxy-that-ends-tls"),
        pytest.param(
            {"Origin": "https://bot.example.cn", "Sec-Fetch-Site": "same-origin"},
            id="own-by-the-browser's-word",
        ),
    ],
)
def test_check_33_own_and_listed_pages_and_programs_may_ask(site, headers):
    assert site.post(ANSWERS, json=QUESTION, headers=headers).status_code == 200


def test_check_33_null_may_ask_where_it_is_listed(client_with):
    site = client_with(origins=("null",))
    response = site.post(ANSWERS, json=QUESTION, headers={"Origin": "null"})
    assert response.headers["Access-Control-Allow-Origin"] == "null"


def test_check_33_without_a_list_there_is_only_the_own_page(client):
    assert client.post(ANSWERS, json=QUESTION, headers={"Origin": FOREIGN}).status_code == 403
    response = client.get("/api/v1/config", headers={"Origin": FOREIGN})
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Vary" not in response.headers


@pytest.mark.parametrize(
    "origin", ["*", "example.cn", "https://example.cn/", "https://example.cn/faq", "HTTPS://a.cn"]
)
def test_check_33_an_origin_that_no_browser_sends_is_refused_at_the_start(client_with, origin):
    with pytest.raises(SettingsError, match=r"QA_BOT_ORIGINS holds .*; write it as"):
        client_with(origins=(origin,))
