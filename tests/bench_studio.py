"""How fast the studio is in a real browser on this machine: `python -m tests.bench_studio [MEMBERS]`.

Two communities side by side, played at 5 weeks a second: pictures drawn in a second, and the time from a move of the
slider to a drawn picture of a day lived under it. Server, browser and this driver share the machine's cores.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from typing import Any

from tests.studio_server import studio
from tests.test_studio_page import CHROMIUM, FLAGS, packed

SECONDS, MOVES = 8.0, 15


def measured(members: int) -> dict[str, Any]:
    """Pictures a second, and milliseconds from slider to picture (median and largest)."""
    from playwright.sync_api import sync_playwright

    drawn: list[float] = []
    moved: dict[str, float] = {}
    waits: list[float] = []
    lived: set[str] = set()

    def sent(text: str) -> None:
        now = time.perf_counter()
        if '"drawn"' in text:
            drawn.append(now)
            for value in list(lived & moved.keys()):
                waits.append(1000 * (now - moved.pop(value)))
        elif '"change"' in text:
            moved[f"{json.loads(text)['value']:.2f}"] = now

    def received(data: Any) -> None:
        if isinstance(data, bytes):
            length = int.from_bytes(data[:4], "little")
            lived.add(f"{json.loads(data[4 : 4 + length])['slider']['A']:.2f}")

    with studio() as running, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.on(
            "websocket",
            lambda socket: (socket.on("framesent", sent), socket.on("framereceived", received)),
        )
        page.goto(f"{running.url}#s={packed({'members': members, 'weeks': 156})}")
        page.locator("button.main:enabled").wait_for(timeout=180_000)
        page.get_by_label("Speed").select_option("5")
        page.locator("button.main").click()
        page.wait_for_timeout(2000)  # compiled and warm
        begun, before = time.perf_counter(), len(drawn)
        page.wait_for_timeout(1000 * SECONDS)
        rate = (len(drawn) - before) / (time.perf_counter() - begun)
        slider = page.get_by_label("A: from Broadcast to Facilitate")
        for k in range(MOVES):
            slider.fill(str(20 + 4 * k))
            page.wait_for_timeout(400)
        browser.close()
    return {
        "members": members, "pictures_per_second": round(rate, 1), "moves": len(waits),
        "slider_ms_median": round(statistics.median(waits)), "slider_ms_largest": round(max(waits)),
        "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]) if len(sys.argv) > 1 else 300)))
