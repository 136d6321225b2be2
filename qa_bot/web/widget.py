"""Help a site's owner embed the widget: `/embed-test` gives the tag and checks what it needs."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import render_template, request

if TYPE_CHECKING:
    from flask import Flask

    from qa_bot.settings import Settings
    from qa_bot.web.assets import Assets


def init_app(app: Flask, settings: Settings, assets: Assets) -> None:
    """Register the test page."""

    @app.get("/embed-test")
    def embed_test() -> str:
        root = request.url_root
        pinned = assets.files["widget.js"]
        site = origin_of(request.args.get("site", ""))
        return render_template(
            "embed-test.html",
            tag=f'<script src="{root}widget.js" defer></script>',
            pinned=(
                f'<script src="{root.rstrip("/")}{assets.path("widget.js")}"\n'
                f'        integrity="{pinned.integrity}"\n'
                '        crossorigin="anonymous" defer></script>'
            ),
            integrity=pinned.integrity,
            policy=f"script-src {root.rstrip('/')}; connect-src {root.rstrip('/')}",
            asked=request.args.get("site", ""),
            site=site,
            allowed=site in {*settings.origins, root.rstrip("/")},
            private=is_private(request.host),
        )


def origin_of(address: str) -> str:
    """Give the origin of a site's address, as browsers send it; empty: it is none."""
    try:
        parts = urlsplit(address.strip() if "://" in address else f"https://{address.strip()}")
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ""
    return f"{parts.scheme}://{parts.netloc.lower()}"


def is_private(host: str) -> bool:
    """Tell whether a host is reached from a local network only.

    Browsers ask visitors of a public site before its pages may reach such a host.
    """
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return ipaddress.ip_address(name).is_private
    except ValueError:
        return name == "localhost" or name.endswith((".local", ".localhost", ".internal"))
