"""How fast the studio is in a real browser: `python -m tests.bench_studio`; stores it in results/benchmark.

Two communities side by side, played at 5 weeks a second: pictures drawn in a second, and the time from a move of the
slider to a picture, ready to be painted, of a day lived under it; both by the page's own clock. Server, browser and
driver share the machine's cores. `--look` prints the figures and stores nothing.
"""

from __future__ import annotations

import json
import statistics
import sys
from typing import Any

from experiments.benchmark import __main__ as benchmark
from experiments.benchmark.page import of_studio, page
from experiments.runs import files
from tests.studio_server import studio
from tests.test_studio_page import CHROMIUM, FLAGS, packed

SIZES, SECONDS, MOVES = (300, 600), 8.0, 30
CLOCK = """
(() => {
  const seen = (window.seen = { drawn: 0, waits: [] }), moved = new Map(), lived = new Set();
  const share = (value) => value.toFixed(2);
  addEventListener("input", ({ target }) => moved.set(share(target.value / 100), performance.now()), true);
  const Plain = WebSocket;
  window.WebSocket = class extends Plain {
    constructor(url) {
      super(url);
      this.addEventListener("message", ({ data }) => {
        if (typeof data === "string") return;
        const header = new Uint8Array(data, 4, new DataView(data).getUint32(0, true));
        lived.add(share(JSON.parse(new TextDecoder().decode(header)).slider.A));
      });
    }
    send(text) {
      super.send(text);
      if (!text.includes('"drawn"')) return;
      seen.drawn += 1;
      for (const [value, since] of moved) {
        if (lived.has(value) && moved.delete(value)) seen.waits.push(performance.now() - since);
      }
    }
  };
})();
"""


def measured(browser: Any, url: str, members: int) -> dict[str, Any]:
    """Pictures a second, and milliseconds from slider to picture."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(CLOCK)
    page.goto(f"{url}#s={packed({'members': members, 'weeks': 156})}")
    page.locator("button.main:enabled").wait_for(timeout=600_000)
    page.get_by_label("Speed").select_option("5")
    page.locator("button.main").click()
    page.wait_for_timeout(2000)  # compiled and warm

    def drawn() -> list[float]:
        return page.evaluate("[seen.drawn, performance.now()]")

    before = drawn()
    page.wait_for_timeout(1000 * SECONDS)
    after = drawn()
    slider = page.get_by_label("A: from Broadcast to Facilitate")
    for k in range(MOVES):
        slider.fill(str(20 + 2 * k))
        page.wait_for_timeout(400)
    waits = page.evaluate("seen.waits")
    page.close()
    if len(waits) != MOVES:
        raise RuntimeError(f"bench_studio: {len(waits)} of {MOVES} moves were seen in a picture")
    return {
        "members": members,
        "pictures_per_second": 1000 * (after[0] - before[0]) / (after[1] - before[1]),
        "slider_ms": {"median": statistics.median(waits), "low": min(waits), "high": max(waits), "moves": MOVES},
    }


def to_reach(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The bounds on two communities of `members`, and whether they are kept."""
    rate, wait = found["pictures_per_second"], found["slider_ms"]
    who = f"two communities of {found['members']}"
    return [
        {"what": f"pictures a second, {who}", "figure": rate, "bound": "≥ 20", "reached": rate >= 20},
        *(
            {"what": f"ms from slider to picture, {which}, {who}", "figure": wait[key], "bound": "≤ 100",
             "reached": wait[key] <= 100}
            for key, which in (("median", "median"), ("high", "largest"))
        ),
    ]  # fmt: skip


def main() -> None:
    """Measure, store and show."""
    from playwright.sync_api import sync_playwright

    facts = benchmark.made()
    with studio() as running, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        facts["versions"]["chromium"] = browser.version
        facts["studio"] = [measured(browser, running.url, members) for members in SIZES]
        browser.close()
    facts["to_reach"] = to_reach(facts["studio"][0])
    if "--look" in sys.argv[1:]:
        print(json.dumps(facts))
        return
    files.write_json(benchmark.OUT / "studio.json", facts)
    files.write_text(benchmark.OUT / "README.md", page(benchmark.OUT))
    print("\n\n".join(of_studio(facts)))


if __name__ == "__main__":
    main()
