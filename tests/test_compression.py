"""Responses are compressed for clients that can take it, and are the same when unpacked."""

from __future__ import annotations

import gzip
import json

import pytest

ANSWERS = "/api/v1/answers"
ASKED = {"question": "网络文化经营许可证的有效期是几年，什么时候申请续期？"}
GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def without_id_and_time(text):
    reply = json.loads(text)
    return {k: v for k, v in reply.items() if k not in {"answer_id", "links", "timing_ms"}}


def test_a_reply_is_less_than_half_as_long_and_the_same_when_unpacked(client):
    plain = client.post(ANSWERS, json=ASKED)
    packed = client.post(ANSWERS, json=ASKED, headers=GZIP)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content_length == len(packed.data) < len(plain.data) / 2
    unpacked = gzip.decompress(packed.data)
    assert without_id_and_time(unpacked) == without_id_and_time(plain.data)


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0"])
def test_a_client_that_takes_no_gzip_gets_none(client, accepted):
    response = client.post(ANSWERS, json=ASKED, headers={"Accept-Encoding": accepted})
    assert "Content-Encoding" not in response.headers
    assert response.get_json()["outcome"] == "answered"


@pytest.mark.parametrize("headers", [{}, GZIP])
def test_caches_keep_both_apart(client, headers):
    assert "Accept-Encoding" in client.post(ANSWERS, json=ASKED, headers=headers).vary


def test_the_page_is_compressed_too(client):
    response = client.get("/", headers=GZIP)
    assert response.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.data).startswith(b"<!doctype html>")


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/nothing"])
def test_what_fits_in_a_packet_stays_as_it_is(client, path):
    assert "Content-Encoding" not in client.get(path, headers=GZIP).headers


def test_what_is_compressed_already_is_not_compressed_again(client):
    response = client.get("/widget.js", headers=GZIP)
    assert not gzip.decompress(response.data).startswith(b"\x1f\x8b")


def test_the_head_of_a_response_tells_the_same_length(client):
    got, head = (client.open("/", method=method, headers=GZIP) for method in ("GET", "HEAD"))
    assert head.headers["Content-Encoding"] == got.headers["Content-Encoding"]
    assert head.data == b""
