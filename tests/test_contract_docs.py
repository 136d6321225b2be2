"""docs/api.md: its examples run, and its tables are complete."""

from __future__ import annotations

import json
import re
import subprocess

import pytest
from running import DEADLINE

from qa_bot.settings import PROJECT
from qa_bot.web import contract, create_app
from qa_bot.web.live import LiveBot
from qa_bot.web.problems import TYPES

DOCUMENT = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```(?:\n\n```json\n(.*?)```)?", DOCUMENT, re.DOTALL)
ANYTHING = "…"


def fits(documented, given):
    """Tell whether what was given is what is documented, where `…` stands for anything.

    At the end of a list it stands for whatever follows.
    """
    if documented == ANYTHING:
        return True
    if isinstance(documented, dict) and isinstance(given, dict):
        same = documented.keys() == given.keys()
        return same and all(fits(documented[name], given[name]) for name in documented)
    if isinstance(documented, list) and isinstance(given, list):
        if documented[-1:] == [ANYTHING]:
            documented, given = documented[:-1], given[: len(documented) - 1]
        return len(documented) == len(given) and all(map(fits, documented, given))
    return documented == given


@pytest.mark.parametrize(("command", "shown"), EXAMPLES[1:], ids=lambda text: text[:60])
def test_every_example_gives_what_is_shown(server, command, shown):
    done = subprocess.run(
        ["bash", "-euc", command],
        env={"BOT": f"http://127.0.0.1:{server.port}", "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if shown:
        given = json.loads(done.stdout)
        assert fits(json.loads(shown), given), given


def test_there_are_examples_of_each_kind():
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize(("status", "name"), TYPES.items())
def test_every_problem_type_is_documented_with_its_remedy(status, name):
    assert re.search(rf"^\| {status} \| `{name}` \| \S", DOCUMENT, re.MULTILINE)


def test_check_30_every_endpoint_is_in_the_openapi_document_and_no_other(settings):
    rules = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in create_app(LiveBot(settings)).url_map.iter_rules()
    }
    documented = set(json.loads(contract.DOCUMENT.read_text(encoding="utf-8"))["paths"])
    assert documented <= rules
    programs = ("/api/", "/v1/", "/language/")
    assert {rule for rule in rules if rule.startswith(programs)} <= documented


def test_check_30_the_document_holds_the_limits_of_the_settings(client_with):
    client = client_with(max_question_chars=80, max_top=7)
    schemas = client.get("/api/v1/openapi.json").get_json()["components"]["schemas"]
    assert schemas["Question"]["maxLength"] == schemas["Typed"]["maxLength"] == 80
    assert schemas["Said"]["maxLength"] == 80
    assert schemas["Count"]["maximum"] == 7
