"""Votes on answers over HTTP: kept, replaced, withdrawn, refused."""

from __future__ import annotations

import json
import sqlite3

import pytest

ANSWERS = "/api/v1/answers"


@pytest.fixture
def voting(client_with, journal):
    """A client of an application that keeps its answers."""
    return client_with(journal)


@pytest.fixture
def feedback(voting):
    """The link of a first answer: it can be voted on at once."""
    reply = voting.post(ANSWERS, json={"question": "文网文几年到期"}).get_json()
    return reply["links"]["feedback"]


def test_a_vote_is_taken_as_often_as_it_is_sent(voting, feedback):
    for vote in ({"rating": "up"}, {"rating": "up"}, {"rating": "down", "reasons": ["过时"]}):
        response = voting.put(feedback, json={"comment": "", **vote})
        assert (response.status_code, response.data) == (204, b"")


def test_a_vote_is_withdrawn_as_often_as_it_is_sent(voting, feedback):
    voting.put(feedback, json={"rating": "up"})
    assert voting.delete(feedback).status_code == 204
    assert voting.delete(feedback).status_code == 204


@pytest.mark.parametrize("question", ["文网文几年到期", "劳务派遣证多久办好", "烟草证怎么办"])
def test_votes_change_no_reply(client_with, journal, question):
    def ask(client):
        """Give a reply's link, and its bytes without ids and times."""
        reply = client.post(ANSWERS, json={"question": question, "top": 5}).get_json()
        del reply["answer_id"], reply["timing_ms"]
        return reply.pop("links")["feedback"], json.dumps(reply)

    voting = client_with(journal, remembered_replies=0)  # What is remembered could not change.
    _, before = ask(voting)
    for rating in ("down", "down", "down", "up"):
        link, reply = ask(voting)
        assert reply == before
        assert voting.put(link, json={"rating": rating, "reasons": ["过时"]}).status_code == 204
    assert len(list(journal.votes())) == 4
    restarted = client_with(journal, remembered_replies=0)
    assert ask(restarted)[1] == before


def test_an_answer_got_by_get_can_be_voted_on_too(voting):
    reply = voting.get(ANSWERS, query_string={"question": "文网文几年到期"}).get_json()
    assert voting.put(reply["links"]["feedback"], json={"rating": "down"}).status_code == 204


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_check_31_an_answer_that_was_never_given_is_a_problem(voting, method):
    response = voting.open(f"{ANSWERS}/0/feedback", method=method, json={"rating": "up"})
    assert response.status_code == 404
    assert "No such answer" in response.get_json()["detail"]


def test_check_31_a_server_without_a_journal_says_so(client):
    response = client.put(f"{ANSWERS}/0/feedback", json={"rating": "up"})
    assert response.status_code == 404
    assert "keeps no answers" in response.get_json()["detail"]


def test_check_31_a_journal_that_cannot_be_written_is_a_problem(voting, feedback, tmp_path):
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    database.execute("DROP TABLE votes")
    database.close()
    response = voting.put(feedback, json={"rating": "up"})
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/rating"),
        ({"rating": "好"}, "#/rating"),
        ({"rating": ["up"]}, "#/rating"),
        ({"rating": True}, "#/rating"),
        ({"rating": "up", "reasons": "过时"}, "#/reasons"),
        ({"rating": "up", "reasons": [1]}, "#/reasons"),
        ({"rating": "up", "reasons": ["长" * 51]}, "#/reasons"),
        ({"rating": "up", "reasons": ["过时"] * 11}, "#/reasons"),
        ({"rating": "up", "comment": 5}, "#/comment"),
        ({"rating": "up", "comment": "长" * 501}, "#/comment"),
        ({"rating": "up", "stars": 5}, "#/stars"),
    ],
)
def test_check_31_a_wrong_field_of_a_vote_is_pointed_at(voting, feedback, body, pointer):
    response = voting.put(feedback, json=body)
    assert response.status_code == 422
    assert [error["pointer"] for error in response.get_json()["errors"]] == [pointer]


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 400), (b"null", 400)])
def test_check_31_a_vote_that_is_no_json_object_is_a_bad_request(voting, feedback, body, status):
    response = voting.put(feedback, data=body, content_type="application/json")
    assert response.status_code == status
