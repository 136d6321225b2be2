"""Publish what the files hold, after a look at what changes; and go back to what was before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import abort, make_response, redirect, render_template, request
from werkzeug.exceptions import Conflict, UnprocessableEntity

from qa_bot.mistakes import MistakesError
from qa_bot.releases import (
    PublishedMeanwhileError,
    ReleaseError,
    UnchangedError,
    differences,
    replies_changed,
)
from qa_bot.web.console.access import PATH
from qa_bot.web.console.jobs import FAILED, JobError

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug import Response

    from qa_bot.releases import Draft, Releases
    from qa_bot.web.console.jobs import Jobs, Progress
    from qa_bot.web.live import LiveBot

MOST_QUESTIONS = 1500
"""How many questions both states are asked, to find the replies that change."""
MOST_SHOWN = 200
"""How many entries, and how many replies, are listed."""
PATIENCE = 10.0
"""Seconds for which a publisher waits for the outcome before looking at how far it is."""


def init_app(pages: Blueprint, live: LiveBot, jobs: Jobs) -> None:
    """Register the pages."""
    releases = live.releases

    @pages.get("/releases")
    def show_releases() -> Response:
        html = render_template(
            "console/releases.html",
            current=releases.current(),
            releases=releases.all()[::-1],
            steps=releases.history.steps()[::-1],
        )
        return make_response(html)

    @pages.post("/releases/compare")
    def compare_files() -> Response:
        return redirect(f"{PATH}/jobs/{jobs.start('compare', lambda p: compare(live, p))}", 303)

    @pages.post("/releases/publish")
    def publish_files() -> Response:
        wanted = _wanted(releases)
        if not (wanted["who"] and wanted["why"]):
            raise UnprocessableEntity
        id_ = jobs.start("publish", lambda progress: publish(live, wanted, progress))
        job = jobs.wait(id_, PATIENCE)
        if job and job.state == FAILED and job.status == Conflict.code:
            raise Conflict(job.error)
        return redirect(f"{PATH}/jobs/{id_}", 303)

    @pages.post("/releases/activate")
    def activate() -> Response:
        wanted, number = _wanted(releases), request.form.get("number", "")
        if not (wanted["who"] and wanted["why"] and number.isdecimal()):
            raise UnprocessableEntity
        try:
            releases.activate(int(number), wanted["who"], wanted["why"], wanted["expected"])
            live.reload()
        except PublishedMeanwhileError as error:
            raise Conflict(str(error)) from None
        except (ReleaseError, MistakesError) as error:
            raise UnprocessableEntity(str(error)) from None
        return redirect(f"{PATH}/releases", 303)


def compare(live: LiveBot, progress: Progress) -> dict[str, Any]:
    """Tell what the files hold that the current release does not, and which replies change."""
    releases = live.releases
    current = releases.current()
    with _drafted(releases, live, progress) as draft:
        old = releases.state(current, live.settings) if current else None
        found = differences(old, draft.state).to_dict()
        replies: dict[str, Any] = {"questions": 0, "asked": 0, "changes": []}
        if old:
            progress.begin(MOST_QUESTIONS)
            judged = live.settings.judged
            replies = replies_changed(old, draft.state, judged, MOST_QUESTIONS, progress).to_dict()
        counts = {name: len(found[name]) for name in ("added", "removed", "changed")}
        return {
            "current": current,
            "hash": draft.state.contents.hash,
            "counts": counts | {"replies": len(replies["changes"])},
            **{name: found[name][:MOST_SHOWN] for name in counts},
            "files": found["files"],
            "settings": found["settings"],
            "replies": {**replies, "changes": replies["changes"][:MOST_SHOWN]},
            "missed": list(draft.judged.missed),
            "figures": dict(draft.judged.figures),
        }


def publish(live: LiveBot, wanted: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Publish the files as they were when they were looked at."""
    releases = live.releases
    with _drafted(releases, live, progress) as draft:
        if draft.state.contents.hash != wanted["hash"]:
            raise JobError("the files have changed since; look at the changes anew", Conflict.code)
        try:
            release = releases.publish(
                draft,
                wanted["who"],
                wanted["why"],
                wanted["expected"],
                force=wanted["force"],
                ready=live.have_ready,
            )
        except PublishedMeanwhileError as error:
            raise JobError(str(error), Conflict.code) from None
        except (UnchangedError, ReleaseError) as error:
            raise JobError(str(error)) from None
    live.reload_or_keep()
    return {"number": release.number}


def _drafted(releases: Releases, live: LiveBot, progress: Progress) -> Draft:
    try:
        return releases.prepare(live.settings, live.path, progress)
    except MistakesError as error:
        raise JobError(str(error)) from None


def _wanted(releases: Releases) -> dict[str, Any]:
    """Read the form: who, why, and what was seen; raise Conflict where it is no longer so."""
    form = request.form
    expected = form.get("expected", "")
    if not expected.isdecimal():
        abort(422)
    if int(expected) != (current := releases.current()):
        raise Conflict(f"release {current} is current by now, not {expected}")
    return {
        "who": form.get("who", "").strip(),
        "why": form.get("why", "").strip(),
        "expected": int(expected),
        "hash": form.get("hash", ""),
        "force": "force" in form,
    }
