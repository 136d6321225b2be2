"""A real Chromium, the site of somebody else that embeds the widget, and a look into both."""

from __future__ import annotations

import os
import re
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from qa_bot.settings import PROJECT

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, SMALL_PHONE, DESKTOP = 390, 320, 1280

QUESTION = "网络文化经营许可证的有效期是几年，什么时候申请续期？"
OTHER = "办网络文化经营许可证政府收费吗？"
CLARIFY = "人力资源服务许可证的电子证照从哪里下载"
LISTED = "浙江网络文化经营许可证变更股权需要提交哪些材料？"
NO_MATCH = "道路运输经营许可证年审"
WITHOUT_WORDS = "？？？"

REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
    console.error("CSP", event.violatedDirective, event.blockedURI))"""
STRICT = (
    "default-src 'none'; script-src 'self' BOT; connect-src BOT; style-src 'none'; img-src 'none'; "
    "font-src 'none'; frame-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The policy of a site that trusts nobody but the bot, and the bot only as far as it must."""

AXE = Path(os.environ.get("QA_BOT_AXE", PROJECT / "node_modules" / "axe-core" / "axe.min.js"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Site:
    """A site of its own origin, whose pages a test writes."""

    def __init__(self):
        self.pages = {}
        self.asked = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                body, headers = site.pages.get(self.path.partition("?")[0], ("", {}))
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.port = self._server.server_address[1]
        self.origin = f"http://127.0.0.1:{self.port}"

    def write(self, path, head="", body="", lang="zh-CN", policy=""):
        """Put a page at a path; give its address."""
        headers = {"Content-Security-Policy": policy} if policy else {}
        html = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>某公司</title>{head}</head><body><main><h1>某公司</h1>{body}</main></body></html>"
        )
        self.pages[path] = (html, headers)
        return self.origin + path

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def ask(page, question):
    """Type a question, send it, and wait for what is said to it."""
    page.fill("#q", question)
    page.press("#q", "Enter")
    page.wait_for_selector(f".turn:last-child:not(.unfinished) .question:has-text({question!r})")


def turns(page):
    """Give the questions in the log."""
    return [text.removeprefix("您问：") for text in page.locator(".question").all_text_contents()]


def luminance(locator, name):
    """Give how bright a colour of an element is, from 0 to 1, as WCAG reckons it."""
    colour = locator.evaluate(f"(element) => getComputedStyle(element).{name}")
    return brightness(colour)


def brightness(colour):
    channels = [float(number) / 255 for number in re.findall(r"[\d.]+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """Give the contrast of two brightnesses, 1 to 21."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def violations(page):
    """Give what axe-core finds wrong with a page as it is now."""
    if page.evaluate("typeof axe") == "undefined":
        # By the protocol, which no policy of a page forbids.
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("(rules) => axe.run({runOnly: rules})", RULES)
    return [
        (rule["id"], node["target"], node["failureSummary"])
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def compose(page, text):
    """Leave pinyin uncommitted in the question box, as an input method does."""
    session = page.context.new_cdp_session(page)
    page.focus("#q")
    end = {"selectionStart": len(text), "selectionEnd": len(text)}
    session.send("Input.imeSetComposition", {"text": text, **end})
    return session


def take_in_chrome(page, pinyin, text):
    """Take an input method's candidate by Enter: Chrome tells the key first, as 229."""
    enter = {"type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    session = compose(page, pinyin)
    session.send("Input.dispatchKeyEvent", enter)
    session.send("Input.insertText", {"text": text})


def take_in_safari(page, pinyin, text):
    """The same in Safari's order: the composition ends, then comes the key, as 229."""
    compose(page, pinyin).send("Input.insertText", {"text": text})
    press(page, "keyCode: 229")


def take_in_one_task(page, pinyin, text):
    """The same where the end and an Enter with its own code come in one task."""
    session = compose(page, pinyin)
    page.locator("#q").evaluate("""(box) => box.addEventListener("compositionend", () =>
        box.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", keyCode: 13,
            bubbles: true, cancelable: true, composed: true}))
        && box.form.requestSubmit(), {once: true})""")
    session.send("Input.insertText", {"text": text})


def press(page, code):
    page.locator("#q").evaluate(f"""(box) => box.dispatchEvent(new KeyboardEvent("keydown",
        {{key: "Enter", {code}, bubbles: true, cancelable: true, composed: true}}))
        && box.form.requestSubmit()""")


TAKING = [take_in_chrome, take_in_safari, take_in_one_task]
