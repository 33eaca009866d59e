"""The README's pictures of the studio, made anew in Chromium: `python -m tests.studio_pictures`.

The first screen in week 20, in light; lesson 1's closer look, after the year, in dark; and a class after lesson 1, on
the teacher's screen and on a telephone. A palette keeps the files small.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image

from tests.classroom import Browser, Learner
from tests.studio_server import ROOT, studio
from tests.test_studio_page import CHROMIUM, FLAGS, SLOW, button, play_to_end

PICTURES = ROOT / "studio/pictures"
COLOURS = 96
LEARNERS = 23


def save(page: Any, name: str) -> Path:
    """What is seen of the page, as PNG with a palette."""
    page.wait_for_timeout(300)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = PICTURES / f"{name}.png"
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    return path


def of_a_class(running: Any, browser: Any) -> list[Path]:
    """What its teacher and one of its learners see after lesson 1."""
    teacher = browser.new_page(viewport={"width": 1280, "height": 1070}, color_scheme="light")
    teacher.goto(f"{running.url}class#key={running.key}")
    button(teacher, "Open a class").click()
    code = teacher.locator(".code").inner_text()
    phone = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    phone.goto(f"{running.url}join#code={code}")
    class_of = [Learner(running, code) for _ in range(LEARNERS)]
    lead = Browser(running, do="teach", key=running.key)
    lead.say(do="lesson", name="1-loud")
    phone.get_by_role("radio").nth(1).check(timeout=SLOW)
    lead.until(made=LEARNERS + 1)
    lead.say(do="play", speed=20)
    phone.locator(".settled").wait_for(timeout=SLOW)
    teacher.locator(".end-of-class").evaluate("one => one.remove()")  # it names a folder of this machine
    made = [save(teacher, "class"), save(phone, "learner")]
    for one in class_of:
        one.leave()
    lead.close()
    return made


def pictures() -> list[Path]:
    """Make every picture."""
    from playwright.sync_api import expect, sync_playwright

    with studio() as running, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        made = []
        for name, scheme in (("first-screen", "light"), ("lesson", "dark")):
            page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
            page.goto(running.url)
            page.locator("button.main:enabled").wait_for(timeout=180_000)
            if name == "lesson":
                page.keyboard.press("1")
                button(page, "Next").click()
                page.get_by_role("radio").first.check()
                button(page, "Next").click()
            if name == "first-screen":
                for _ in range(20):
                    week = page.locator(".week").inner_text()
                    button(page, "Step").click()
                    expect(page.locator(".week")).not_to_have_text(week, timeout=SLOW)
            else:
                play_to_end(page)
                page.locator("canvas").nth(1).focus()
                page.keyboard.press("ArrowDown")
                page.locator(".card").wait_for()
                page.locator("h1").click()
            made.append(save(page, name))
        made += of_a_class(running, browser)
        browser.close()
    return made


if __name__ == "__main__":
    for path in pictures():
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")
