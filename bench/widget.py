"""Measure the page and the widget in Chromium: how soon suggestions are seen, and what is loaded.

    python bench/widget.py [--address http://127.0.0.1:8780/] [--chromium /usr/bin/chromium]

A server must be running there. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import gzip
import urllib.request

import numpy as np
from playwright.sync_api import Browser, Request, sync_playwright

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TYPED = ["wlwhjyxkz", "damoxingbeian", "paimai", "suanfa", "laowupaiqian", "yanchuxuke", "yiliao"]
KEYS = 50
FOUR_G = "4G (150 ms, 1.6 Mbit/s)"
PANEL = ["panel.js", "panel.css", "strings/zh-CN.json"]
# From the key going down to the first frame that can show what it brought.
WATCH = """() => {
    window.seen = [];
    window.slow = 0;
    let down = 0;
    const list = document.getElementById("suggestions");
    document.addEventListener("keydown", () => { down = performance.now(); }, true);
    new MutationObserver(() => {
        const from = down;
        if (!list.hidden && from) requestAnimationFrame(() => seen.push(performance.now() - from));
        down = 0;
    }).observe(list, {childList: true});
    new PerformanceObserver((found) => { slow += found.getEntries().length; })
        .observe({type: "event", durationThreshold: 56});
}"""

NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def main() -> None:
    """Print what is measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--address", default="http://127.0.0.1:8780/")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=options.chromium, args=FLAGS)
        waits, slow = suggestion_waits(browser, options.address)
        requests, transferred, moved = page_load(browser, options.address)
        painted = paint_on_4g(browser, options.address)
        browser.close()
    launcher = compressed(f"{options.address}widget.js")
    panel = sum(compressed(f"{options.address}widget/latest/{name}") for name in PANEL)
    print("| measured | |\n| --- | ---: |")
    print(f"| launcher (gzip) | {launcher:,} bytes |")
    print(f"| panel, on first opening (gzip) | {panel:,} bytes |")
    print(f"| page, empty cache | {requests} requests, {transferred:,} bytes |")
    print(f"| layout shift of the page | {moved:.3f} |")
    print(f"| largest paint of the page, {FOUR_G} | {painted:.0f} ms |")
    median, late = np.percentile(waits, [50, 95])
    print(f"| key to suggestions in view, median of {len(waits)} | {median:.0f} ms |")
    print(f"| the same, p95 | {late:.0f} ms |")
    print(f"| keys that took longer than 50 ms to handle | {slow} |")


def suggestion_waits(browser: Browser, address: str) -> tuple[list[float], int]:
    """Type key by key, each after the last one's suggestions are seen; give the milliseconds."""
    page = browser.new_page()
    page.goto(address)
    page.wait_for_selector("body.live")
    page.evaluate(WATCH)
    for text in TYPED:
        page.fill("#q", "")
        for letter in text:
            with page.expect_response("**/suggest?*"):
                page.locator("#q").press_sequentially(letter)
            page.evaluate(NEXT_FRAME)
    waits, slow = page.evaluate("[seen, slow]")
    return waits[:KEYS], slow


def page_load(browser: Browser, address: str) -> tuple[int, int, float]:
    """Load the page with an empty cache; give requests, bytes on the wire and layout shift."""
    page = browser.new_context().new_page()
    requests: list[Request] = []

    def note(request: Request) -> None:
        requests.append(request)

    page.on("requestfinished", note)
    page.goto(address)
    page.wait_for_selector("body.live")
    page.wait_for_load_state("networkidle")
    sizes = [request.sizes() for request in requests]
    total = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
    moved = page.evaluate("""() => new Promise((resolve) => {
        let sum = 0;
        const add = ({value}) => { sum += value; };
        new PerformanceObserver((found) => found.getEntries().forEach(add))
            .observe({type: "layout-shift", buffered: true});
        requestAnimationFrame(() => setTimeout(() => resolve(sum)));
    })""")
    return len(requests), total, float(moved)


def paint_on_4g(browser: Browser, address: str) -> float:
    """Load the page over a slow network with an empty cache; give when its largest part is seen."""
    page = browser.new_context().new_page()
    session = page.context.new_cdp_session(page)
    bytes_per_second = 1.6e6 / 8
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": 150,
            "downloadThroughput": bytes_per_second,
            "uploadThroughput": bytes_per_second / 2,
        },
    )
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return float(
        page.evaluate("""() => new Promise((resolve) => new PerformanceObserver((found) =>
            resolve(found.getEntries().at(-1).startTime))
            .observe({type: "largest-contentful-paint", buffered: true}))""")
    )


def compressed(address: str) -> int:
    """Give how many bytes a file takes on the wire."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})  # noqa: S310
    with urllib.request.urlopen(request) as response:  # noqa: S310 - the address is the caller's
        body = response.read()
    gzip.decompress(body)
    return len(body)


if __name__ == "__main__":
    main()
