"""Serve the files of static/, joined and shortened, to any site; owns rjsmin and rcssmin.

The sources are modules without a build step; what is served is made of them when the server
starts. Every file has two addresses: `/widget/latest/…`, which follows the server, and
`/widget/<version>/…`, whose bytes never change.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from flask import Response, abort, request
from rcssmin import cssmin
from rjsmin import jsmin

from qa_bot.settings import PROJECT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flask import Flask

STATIC = PROJECT / "static"

SOURCES: Mapping[str, tuple[str, ...]] = {
    "widget.js": ("widget/widget.js",),
    "panel.js": (
        "widget/element.js",
        "widget/reply.js",
        "widget/service.js",
        "widget/suggestions.js",
        "widget/chat.js",
        "widget/memory.js",
        "widget/panel.js",
    ),
    "panel.css": ("widget/chat.css", "widget/panel.css"),
    "strings/zh-CN.json": ("widget/strings/zh-CN.json",),
    "strings/zh-TW.json": ("widget/strings/zh-TW.json",),
    "strings/en.json": ("widget/strings/en.json",),
    "page.js": ("assets/page.js",),
    "page.css": ("widget/chat.css", "assets/page.css"),
    "embed-test.js": ("assets/embed-test.js",),
    "embed-test.css": ("widget/chat.css", "assets/page.css", "assets/embed-test.css"),
    "console.css": ("widget/chat.css", "assets/console.css"),
    "favicon.svg": ("assets/favicon.svg",),
}
"""What is served, and the files it is joined of; each imports only from those before it."""

MEDIA_TYPES = {
    "js": "text/javascript",
    "css": "text/css",
    "json": "application/json",
    "svg": "image/svg+xml",
}
LATEST = "latest"
FOREVER = "public, max-age=31536000, immutable"
A_WHILE = "public, max-age=300"

# Of the modules that are joined only the imports are dropped: a name must be unique among them.
IMPORT = re.compile(r"^import .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Asset:
    """A file as it is served."""

    name: str
    body: bytes

    @cached_property
    def compressed(self) -> bytes:
        """The body, compressed by gzip."""
        return gzip.compress(self.body, 9, mtime=0)

    @cached_property
    def digest(self) -> str:
        """A name for exactly this body."""
        return hashlib.sha256(self.body).hexdigest()[:16]

    @cached_property
    def integrity(self) -> str:
        """What a tag's `integrity` says of the body."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.body).digest()).decode()


@dataclass(frozen=True)
class Assets:
    """All files that are served, and the version that names this very set of them."""

    files: Mapping[str, Asset]
    version: str

    def path(self, name: str) -> str:
        """Give the address of a file that may be kept forever."""
        return f"/widget/{self.version}/{name}"


def read_assets(folder: Path = STATIC) -> Assets:
    """Join and shorten the sources."""
    files = {name: Asset(name, _join(folder, name)) for name in SOURCES}
    every = "".join(asset.digest for asset in files.values())
    return Assets(files, hashlib.sha256(every.encode()).hexdigest()[:12])


def init_app(app: Flask, assets: Assets) -> None:
    """Register the addresses of the files."""

    @app.get("/widget.js")
    def widget() -> Response:
        return _serve(assets.files["widget.js"], A_WHILE)

    @app.get("/widget/<version>/<path:name>")
    def asset(version: str, name: str) -> Response:
        if version not in {LATEST, assets.version}:
            abort(
                404,
                f"There is no version {version} of the widget; the one served is "
                f"{assets.version}. Renew the tag from /embed-test.",
            )
        if name not in assets.files:
            abort(404, f"There is no file {name}.")
        return _serve(assets.files[name], A_WHILE if version == LATEST else FOREVER)


def _join(folder: Path, name: str) -> bytes:
    sources = [(folder / path).read_text(encoding="utf-8") for path in SOURCES[name]]
    text = "\n".join(sources)
    if name.endswith(".js"):
        text = jsmin(IMPORT.sub("", text) if len(sources) > 1 else text)
    elif name.endswith(".css"):
        text = cssmin(text)
    elif name.endswith(".json"):
        text = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    return str(text).encode()


def _serve(asset: Asset, kept: str) -> Response:
    """Send a file to whoever asks: any site may embed it, with `integrity` and under COEP."""
    packed = bool(request.accept_encodings["gzip"])
    body = asset.compressed if packed else asset.body
    response = Response(body, mimetype=MEDIA_TYPES[asset.name.rpartition(".")[2]])
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = kept
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    response.headers["Timing-Allow-Origin"] = "*"
    response.set_etag(asset.digest + ("-gzip" if packed else ""))
    response.make_conditional(request)
    return response
