"""Count what the server does, for Prometheus; the owner of prometheus_client."""

from __future__ import annotations

import hmac
from functools import cache
from typing import TYPE_CHECKING

from flask import Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import NotFound, Unauthorized

from qa_bot.web.requests import route, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from prometheus_client import Metric

    from qa_bot.web.live import LiveBot

METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"}
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class OfWorker:
    """The figures of one of several processes, labelled with its number.

    Whoever asks reaches any of them; so each has time series of its own, to be summed up.
    """

    def __init__(self, registry: CollectorRegistry, worker: int) -> None:
        """Take the figures of this process, and which it is."""
        self._registry, self._label = registry, {"worker": str(worker)}

    def collect(self) -> Iterator[Metric]:
        """Give the figures."""
        for metric in self._registry.collect():
            metric.samples = [
                sample._replace(labels={**sample.labels, **self._label})
                for sample in metric.samples
            ]
            yield metric


def init_app(app: Flask, live: LiveBot) -> None:
    """Count from now on; show the counts at /metrics to whoever has the settings' token.

    Labels are rules, methods, statuses and outcomes: nothing that a stranger can choose.
    """
    registry = CollectorRegistry()
    requests = Counter(
        "qa_bot_requests", "Requests.", ["route", "method", "status"], registry=registry
    )
    durations = Histogram(
        "qa_bot_request_seconds",
        "Time a request took.",
        ["route"],
        buckets=BUCKETS,
        registry=registry,
    )
    replies = Counter("qa_bot_replies", "Replies.", ["outcome"], registry=registry)
    entries = Gauge(
        "qa_bot_entries", "Entries that are answered from.", ["answered"], registry=registry
    )
    release = Gauge("qa_bot_release", "The release that answers; 0: none.", registry=registry)
    lost = Gauge(
        "qa_bot_journal_left_out", "Answers that the journal could not keep.", registry=registry
    )

    # Of the few values of the labels each counter is looked up once.
    requests_of, durations_of = cache(requests.labels), cache(durations.labels)
    replies_of = cache(replies.labels)

    @app.after_request
    def count(response: Response) -> Response:
        rule, method = route(), request.method
        method = method if method in METHODS else "other"
        requests_of(rule, method, response.status_code).inc()
        durations_of(rule).observe(seconds())
        if reply := g.get("reply"):
            replies_of(reply.outcome).inc()
        return response

    @app.get("/metrics")
    def metrics() -> Response:
        token = live.settings.metrics_token
        if not token:
            raise NotFound("The figures are not shown; QA_BOT_METRICS_TOKEN switches them on.")
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            raise Unauthorized(
                "Send the token of QA_BOT_METRICS_TOKEN as a bearer token.",
                www_authenticate=WWWAuthenticate("bearer"),
            )
        if live.bot:
            base = live.bot.index.base
            release.set(live.bot.release)
            entries.labels("true").set(base.answered)
            entries.labels("false").set(len(base.entries) - base.answered)
        if live.journal:
            lost.set(live.journal.left_out)
        own = OfWorker(registry, live.worker) if live.worker else registry
        return Response(generate_latest(own), content_type=CONTENT_TYPE_PLAIN_0_0_4)
