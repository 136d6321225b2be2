"""The console's door: closed without a password, one password, forms that can't be forged."""

from __future__ import annotations

import json
import re
import stat
from dataclasses import replace

import pytest
from click.testing import CliRunner

from qa_bot.cli import main
from qa_bot.web import LiveBot, create_app
from qa_bot.web.console import password_place
from qa_bot.web.console.access import PasswordTooShortError, set_password

PASSWORD = "知识库的管理密码"
ORIGIN = {"Origin": "https://localhost"}


@pytest.fixture
def console(bundled, settings, tmp_path):
    """A client of a server whose console has a password; cookies go over https alone."""
    own = replace(settings, state=tmp_path)
    set_password(password_place(own), PASSWORD + "1234")
    with create_app(LiveBot(own, bot=bundled)).test_client() as client:
        client.environ_base["wsgi.url_scheme"] = "https"
        yield client


@pytest.fixture
def owner(console):
    """The same client, logged in."""
    assert login(console).status_code == 303
    return console


def login(client, password=PASSWORD + "1234", to="", **options):
    return client.post("/admin/login", data={"password": password, "to": to}, **options)


def token(client):
    return re.search(r'name="token" value="(\w+)"', client.get("/admin/").text)[1]


def test_there_is_no_console_until_a_password_is_set(client):
    for path in ("/admin/", "/admin/login", "/admin/explain"):
        assert client.get(path).status_code == 404
    assert "python -m qa_bot password" in client.get("/admin/").text


def test_a_password_set_while_the_server_runs_opens_the_console(settings, bundled, tmp_path):
    own = replace(settings, state=tmp_path)
    with create_app(LiveBot(own, bot=bundled)).test_client() as client:
        assert client.get("/admin/login").status_code == 404
        done = CliRunner().invoke(
            main,
            ["password", "--password", PASSWORD + "1234"],
            env={"QA_BOT_STATE": str(tmp_path)},
        )
        assert done.exit_code == 0
        assert client.get("/admin/login").status_code == 200


def test_the_password_is_kept_as_its_hash_in_a_file_of_its_owner(tmp_path):
    place = tmp_path / "state" / "console.json"
    set_password(place, PASSWORD + "1234")
    kept = json.loads(place.read_text(encoding="utf-8"))
    assert kept["password"].startswith("$argon2id$")
    assert PASSWORD not in place.read_text(encoding="utf-8")
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert [path.name for path in place.parent.iterdir()] == ["console.json"]


def test_a_password_that_can_be_guessed_is_not_taken(tmp_path):
    with pytest.raises(PasswordTooShortError, match="at least 10"):
        set_password(tmp_path / "console.json", "短密码123")
    arguments = ["password", "--password", "短"]
    done = CliRunner().invoke(main, arguments, env={"QA_BOT_STATE": str(tmp_path)})
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_who_is_not_logged_in_is_sent_to_the_login_and_then_where_they_wanted(console):
    sent = console.get("/admin/explain?q=文网文")
    assert sent.status_code == 303
    to = "/admin/explain?q=文网文"
    assert "/admin/login?to=/admin/explain" in sent.headers["Location"]
    assert login(console, to=to).headers["Location"].startswith("/admin/explain?q=")


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/admin/\\evil", "/"])
def test_a_login_never_leads_out_of_the_console(console, to):
    assert login(console, to=to).headers["Location"] == "/admin/"


def test_a_wrong_password_does_not_open(console):
    assert login(console, "别的密码123456").status_code == 401
    assert console.get("/admin/").status_code == 303


def test_the_cookie_goes_to_the_console_alone_over_https_alone_and_no_script_reads_it(console):
    (cookie,) = login(console).headers.getlist("Set-Cookie")
    for part in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/admin"):
        assert part in cookie


def test_a_sixth_try_within_a_minute_has_to_wait(console):
    for _ in range(5):
        assert login(console, "别的密码123456").status_code == 401
    refused = login(console)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 61


def test_logging_out_ends_the_session(owner):
    assert owner.post("/admin/logout", data={"token": token(owner)}).status_code == 303
    assert owner.get("/admin/").status_code == 303


def test_a_new_password_ends_every_session(owner, tmp_path):
    set_password(tmp_path / "console.json", "换了一个新的管理密码")
    assert owner.get("/admin/").status_code == 303


@pytest.mark.parametrize("sent", ["", "0" * 64])
def test_a_form_without_the_sessions_token_is_refused(owner, sent):
    assert owner.post("/admin/logout", data={"token": sent}).status_code == 403
    assert owner.get("/admin/").status_code == 200


def test_what_another_sites_page_sends_is_refused(owner):
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    refused = owner.post("/admin/logout", data={"token": token(owner)}, headers=headers)
    assert refused.status_code == 403
    assert login(owner, headers=headers).status_code == 403


def test_pages_run_no_script_and_are_kept_nowhere(owner):
    page = owner.get("/admin/explain?q=文网文怎么续期")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert "<script" not in page.text


def test_explain_shows_what_the_endpoint_says(owner):
    question = "文网文快到期了咋办"
    reply = owner.get("/api/v1/answers", query_string={"question": question}).json
    page = owner.get("/admin/explain", query_string={"q": question}).text
    assert reply["explanation"]["sentence"] in page
    assert f"<code>{reply['explanation']['rule']}</code>" in page


@pytest.mark.parametrize("question", ["文网文快到期了咋办", "办演出证要多久", "拍卖证有效期"])
def test_the_parts_of_every_score_add_up_to_it(owner, question):
    page = owner.get("/admin/explain", query_string={"q": question}).text
    tables = re.findall(r"<caption>.*?<b>(-?[\d.]+)</b>.*?合计</th><td>(-?[\d.]+)", page, re.DOTALL)
    assert len(tables) >= 3
    for total, added in tables:
        assert float(added) == pytest.approx(float(total), abs=0.002)


def test_explain_tells_a_question_that_meets_nothing_from_a_fault(owner):
    page = owner.get("/admin/explain", query_string={"q": "🙂🙂"})
    assert page.status_code == 200
    assert "服务正常" in page.text


def test_a_question_that_is_no_question_is_not_asked(owner):
    assert "最长" in owner.get("/admin/explain", query_string={"q": "问" * 501}).text
