"""The studio's page in a real browser: every button, the keyboard alone, widths, themes, and nothing leaves loopback.

Needs Debian's chromium and the driver of Playwright (whose own browser is never downloaded), and for the
accessibility check axe-core, which `npm ci` in studio/web installs; what is absent is skipped with a word.
"""

import base64
import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from studio import keeping
from studio.session import Session
from studio.teaching import lessons
from tests.classroom import Browser
from tests.studio_server import ROOT, studio

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (apt-get install chromium)")
expect = playwright.expect
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
AXE = ROOT / "studio/web/node_modules/axe-core/axe.min.js"
SMALL = {"members": 60, "weeks": 8}
SLOW = 60_000  # milliseconds; the machine may be busy


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(running, chromium):
    """Open the studio; at the end nothing may have gone wrong or gone elsewhere."""
    faults, contexts = [], []

    def open_page(setup=SMALL, day=0, width=1280, height=800, url=None, ready=True, **more):
        context = chromium.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SLOW)
        page.on("pageerror", lambda error: faults.append(f"page error: {error}"))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" and ours(said.text) else None)
        page.on("request", lambda request: faults.append(request.url) if foreign(request.url) else None)
        page.goto((url or running.url) + ("" if setup is None else f"#s={packed(setup, day)}"))
        if ready:
            expect(page.locator("button.main")).to_be_enabled(timeout=180_000)
            if setup is not None:
                expect(page.locator(".week")).to_have_text(f"Week {day // 7} of {setup.get('weeks', 52)}", timeout=SLOW)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults, faults


def packed(setup, day=0):
    text = json.dumps({"setup": setup, "day": day}).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def ours(text):
    """A fault of the page; that a server is gone is told by the browser too, and meant by the test of it."""
    return "WebSocket" not in text


def foreign(url):
    return urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname != "127.0.0.1"


def numbers(page):
    """The table "Right now": label to the two numbers."""
    cells = page.locator(".now tbody tr").evaluate_all(
        "rows => rows.map(r => [...r.children].map(c => c.firstChild.textContent))"
    )
    return {label: (a, b) for label, a, b in cells}


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def play_to_end(page):
    page.get_by_label("Speed").select_option("20")
    page.locator("button.main").click()
    expect(page.locator(".end")).to_contain_text("press 30 runs", timeout=120_000)


def painted(page, side):
    """Share of the picture's pixels that are drawn on."""
    return (
        page.locator("canvas")
        .nth("AB".index(side))
        .evaluate(
            """c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                  let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return 4 * n / d.length; }"""
        )
    )


def test_first_screen_plays_to_the_sentence(visit):
    page = visit()
    start = numbers(page)
    assert start["Members"] == ("60", "60") and len(start) >= 15
    assert painted(page, "A") > 0.005 and painted(page, "B") > 0.005
    expect(page.locator(".end")).to_have_text("")
    play_to_end(page)
    text = page.locator(".end").inner_text()
    assert text.startswith("After 8 weeks: A ") and "one run of a model" in text
    assert "Week 8 of 8" in page.locator(".week").inner_text() and numbers(page) != start
    assert button(page, "Step").is_disabled()


def test_step_reset_speed_and_pause(visit):
    page = visit({**SMALL, "weeks": 52})
    button(page, "Step").click()
    expect(page.locator(".week")).to_have_text("Week 1 of 52")
    page.get_by_label("Speed").select_option("1")
    button(page, "Play").click()
    expect(button(page, "Pause")).to_be_visible()
    expect(page.locator(".week")).to_have_text("Week 2 of 52")
    button(page, "Pause").click()
    expect(button(page, "Play")).to_be_visible()
    page.wait_for_timeout(400)
    held = numbers(page)
    page.wait_for_timeout(400)
    assert numbers(page) == held
    button(page, "Reset").click()
    expect(page.locator(".week")).to_have_text("Week 0 of 52")


def test_a_slider_acts_on_the_running_model(visit):
    page = visit({**SMALL, "weeks": 52}, day=28)
    slider = page.get_by_label("A: from Broadcast to Facilitate")
    slider.fill("90")
    expect(page.locator(".side-A .called")).to_have_text("Mostly with members")
    expect(page.locator(".side-A .hours")).to_contain_text("16.2 h with members, 1.8 h on messages")
    expect(page.locator(".week")).to_have_text("Week 4 of 52")  # it goes on, it does not start again
    assert slider.get_attribute("aria-valuetext") == "90 % of these hours on members, 10 % on messages"
    button(page, "More").click()
    expect(page.locator(".command code")).to_have_text("hearth replay hearthside.json")


def test_one_member_in_both_worlds(visit):
    page = visit(day=35)
    canvas = page.locator("canvas").first
    canvas.focus()
    page.keyboard.press("ArrowDown")
    card = page.get_by_label("The same person in both communities")
    expect(card.get_by_role("heading", level=2)).to_have_text(re.compile(r"^(Founder|Joiner) \d+"))
    topics = card.get_by_role("row", name=re.compile("^Cares about")).locator("td").all_inner_texts()
    assert len(topics) == 2 and topics[0] == topics[1]
    first = card.get_by_role("heading", level=2).inner_text()
    page.keyboard.press("ArrowRight")
    expect(card.get_by_role("heading", level=2)).not_to_have_text(first)
    page.keyboard.press("ArrowLeft")
    expect(card.get_by_role("heading", level=2)).to_have_text(first)
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    place = canvas.bounding_box()
    for dx in range(-3, 4):  # somewhere there is a member under the mouse
        for dy in (-2, 2):
            page.mouse.click(
                place["x"] + place["width"] * (0.5 + dx / 10), place["y"] + place["height"] * (0.5 + dy / 8)
            )
            if card.count():
                break
    expect(card).to_be_visible()
    card.get_by_role("button", name="Close").click()
    expect(card).to_have_count(0)


def test_charts_show_what_is_chosen(visit):
    page = visit(day=28)
    page.get_by_label("Chart 2").select_option("stories")
    expect(page.locator(".plot").nth(1)).to_have_attribute("aria-label", re.compile("^Stories told"))


def test_thirty_runs_and_cancel(visit):
    page = visit({"members": 40, "weeks": 2})
    button(page, "30 runs").click()
    button(page, "Cancel").click()
    expect(page.locator(".told")).to_contain_text("Stopped", timeout=120_000)
    button(page, "30 runs").click()
    table = page.get_by_role("table", name=re.compile("30 paired seeds"))
    expect(table).to_be_visible(timeout=240_000)
    row = table.get_by_role("row", name=re.compile("^People reached"))
    assert re.search(r"\(.* to .*\).*\d+ %", row.inner_text().replace("\n", " "))
    page.set_viewport_size({"width": 390, "height": 844})
    assert row.bounding_box()["height"] < 90  # words are not broken into a letter a line
    page.get_by_label("A: from Broadcast to Facilitate").fill("50")
    expect(page.get_by_text("These runs are of an earlier setting.")).to_be_visible()


def test_drawer_settings_files_and_link(visit, running, tmp_path):
    page = visit(day=14)
    button(page, "More").click()
    files = {}
    for name in (
        "Save as one web page", "All measures (CSV)", "State and numbers (JSON)", "Picture (PNG)", "Scenario file of A",
    ):  # fmt: skip
        with page.expect_download() as got:
            button(page, name).click()
        files[got.value.suggested_filename] = Path(got.value.path()).read_bytes()
    assert set(files) == {"hearthside.html", "hearthside.csv", "hearthside.json", "hearthside.png", "A.toml"}
    assert files["hearthside.png"].startswith(b"\x89PNG") and len(files["hearthside.png"]) > 20_000
    assert len(files["hearthside.csv"].decode().splitlines()) == 1 + 2 * 15
    page.keyboard.press("Escape")
    page.get_by_label("Speed").select_option("10")
    page.get_by_label("Chart 2").select_option("stories")
    button(page, "More").click()
    button(page, "Copy a link to this run").click()
    link = page.get_by_label("Link", exact=True).input_value()
    assert link.startswith("#s=")  # only this machine reaches the studio, so there is no address that others could open
    page.get_by_label("Find a setting").fill("ties.gain")
    page.get_by_label(re.compile("^ties.gain ")).fill("7")
    page.get_by_label(re.compile("^ties.gain ")).press("Enter")
    expect(page.get_by_label(re.compile("^ties.gain "))).to_have_value("0.2")  # clipped to the schema
    assert "range 0.03 to 0.2" in page.locator(".setting .of").first.inner_text()
    upload = tmp_path / "mine.toml"
    upload.write_text("[strategy.hours]\nhost = 0.5\npublish = 0.5\n")
    page.get_by_label("Load a file into B").set_input_files(upload)
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.locator(".side-B .called")).to_have_text("Half and half")
    upload.write_text("[strategy.hours]\nhots = 0.5\n")
    button(page, "More").click()
    page.get_by_label("Load a file into B").set_input_files(upload)
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("did you mean `host`")
    page.get_by_role("dialog").get_by_role("button", name="Close").first.click()
    expect(page.locator(".told")).to_contain_text("did you mean `host`")
    for data, said in ((b"", "is empty"), ("é".encode("latin1"), "not text in UTF-8"), (b"#" * 50_000, "too large")):
        button(page, "More").click()
        page.get_by_label("Load a file into B").set_input_files({"name": "x", "mimeType": "", "buffer": data})
        expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text(said)
        page.get_by_role("dialog").get_by_role("button", name="Close").first.click()
    other = visit()
    for text in (link[:-60], "http://x/", f" {link}"):
        button(other, "More").click()
        other.get_by_label("Paste a link to a run").fill(text)
        other.keyboard.press("Enter")
        if text.strip() != link:
            expect(other.get_by_role("dialog").get_by_role("status")).to_contain_text("no link to a run")
            other.keyboard.press("Escape")
    expect(other.locator(".week")).to_have_text("Week 2 of 8", timeout=SLOW)
    expect(other.get_by_label("Speed")).to_have_value("10")
    expect(other.get_by_label("Chart 2")).to_have_value("stories")
    expect(other.get_by_role("dialog")).to_have_count(0)


def test_members_seed_and_scenarios(visit):
    page = visit()
    button(page, "More").click()
    page.get_by_label("Members at the start").fill("45")
    page.get_by_label("Members at the start").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.locator(".now")).to_contain_text("45")
    page.locator(".side-A select").select_option("heavy_handed")
    expect(page.locator(".differs")).to_contain_text("messages that push the brand line")


def test_the_saved_page_plays_from_disk_with_the_network_off(visit, chromium, tmp_path):
    page = visit(day=56)
    button(page, "More").click()
    with page.expect_download() as got:
        button(page, "Save as one web page").click()
    path = tmp_path / "run.html"
    got.value.save_as(path)
    alone = visit(setup=None, url=path.as_uri(), ready=False, offline=True)
    expect(alone.locator(".told")).to_contain_text("plays without a server")
    alone.get_by_label("Speed").select_option("20")
    button(alone, "Play").click()
    expect(alone.locator(".end")).to_contain_text("After 8 weeks")
    assert numbers(alone) == numbers(page) and alone.get_by_label("A: from Broadcast to Facilitate").is_disabled()


def test_a_page_to_keep_has_lessons_worlds_and_sliders_with_the_network_off(visit, tmp_path):
    """The same numbers as the studio's own, embedded in another page too."""
    grid = keeping.Grid((0.1, 0.9), ("baseline", "tiny_startup"), members=40, weeks=6, lessons=1, seeds=1)
    (tmp_path / "kept.html").write_text(keeping.page(grid), encoding="utf-8")
    page = visit(setup=None, url=(tmp_path / "kept.html").as_uri(), ready=False, offline=True, width=390)
    expect(page.locator(".told")).to_contain_text("without a network")
    page.get_by_label("Speed").select_option("20")
    button(page, "Play").press("Enter")
    expect(page.locator(".end")).to_contain_text("After 6 weeks")
    page.get_by_label("A: from Broadcast to Facilitate").press("End")
    expect(page.locator(".side-A .called")).to_have_text("Mostly with members")
    assert all(a == b for a, b in numbers(page).values())  # the same place of the slider is the same run
    page.get_by_label("World").select_option("tiny_startup")
    expect(page.locator(".side-A .hours")).to_contain_text("8.1 h with members")
    page.get_by_label("A: from Broadcast to Facilitate").press("Home")
    button(page, "Play").press("Enter")
    expect(page.locator(".week")).to_have_text("Week 6 of 6")
    session = Session(keeping.of_grid(grid, "tiny_startup", 0.1), 42)
    assert numbers(page)["People reached"][0] == f"{session.worlds['A'].rows[-1]['reach']:,.0f}"
    assert painted(page, "A") > 0.005 and fits(page) and violations(page) == []
    page.locator("h1").click()
    page.keyboard.press("1")
    button(page, "Next").click()
    page.get_by_role("radio").nth(1).check()
    button(page, "Next").click()
    button(page, "Play").click()
    expect(page.locator(".settled")).to_contain_text("You bet right")
    button(page, "Rank five plans").click()
    expect(page.get_by_role("table", name=re.compile("named by the share"))).to_be_visible()
    button(page, "Next").click()
    button(page, "Go to the setting in which it fails").click()
    expect(page.locator(".week")).to_have_text("Week 0 of 52")
    (tmp_path / "course.html").write_text('<iframe src="kept.html" title="studio" width="900" height="700"></iframe>')
    course = visit(setup=None, url=(tmp_path / "course.html").as_uri(), ready=False, offline=True)
    expect(course.frame_locator("iframe").locator("button.main")).to_be_enabled()


def test_a_lesson_from_claim_to_when_it_is_false(visit):
    page = visit(setup=None)
    page.keyboard.press("1")
    panel = page.get_by_label(re.compile("^Lesson 1"))
    expect(panel).to_contain_text("depth does not come")
    panel.get_by_role("button", name="Next").click()
    assert panel.get_by_role("button", name="Next").is_disabled()
    panel.get_by_role("radio").nth(1).check()
    panel.get_by_role("button", name="Next").click()
    expect(panel).to_contain_text("Watch the price")
    panel.get_by_role("button", name="Next").click()
    expect(panel).to_contain_text(re.compile(r"held in \d+ of \d+ pairs of runs"))
    expect(panel).to_contain_text(
        re.compile(r"Take the messages away: more than half of the lead is gone in \d+ of \d+ pairs")
    )
    expect(panel).to_contain_text("then the bet is settled")
    assert panel.evaluate("e => e === document.activeElement && e.getBoundingClientRect().top >= -1")
    panel.get_by_role("button", name="Next").click()
    panel.get_by_role("button", name="Go to the setting in which it fails").click()
    expect(page.locator(".differs")).to_contain_text("publish")
    panel.get_by_role("button", name="Leave the lesson").click()
    expect(panel).to_have_count(0)
    for number in range(2, 7):
        page.get_by_role("navigation").get_by_role("button", name=re.compile(f"^{number}\\.")).click()
        expect(page.get_by_label(re.compile(f"^Lesson {number}"))).to_be_visible()
        if number == 2:  # both sliders stand on the same side here: the lesson says what the two are
            expect(page.locator(".side-A .called")).to_have_text("Introduces members")


def test_a_bet_is_settled_and_remembered(visit):
    lesson = lessons()["2-gatherings"].staged("2-gatherings", False)
    page = visit(setup=lesson.model_copy(update={"members": 60, "weeks": 8}).model_dump())
    panel = page.get_by_label(re.compile("^Lesson 2"))
    button(page, "Next").click()
    panel.get_by_role("radio").nth(2).check()
    button(page, "Next").click()
    play_to_end(page)
    settled = panel.locator(".settled")
    expect(settled).to_contain_text(
        re.compile(r"^You bet (right|otherwise): in this run .* in Community intimacy, .* in A and .* in B")
    )
    a, b = (float(of) for of in re.search(r"intimacy, (\S+) in A and (\S+) in B", settled.inner_text()).groups())
    near = max(a, b) < 1.25 * min(a, b)
    assert settled.inner_text().startswith("You bet right" if near else "You bet otherwise")
    panel.get_by_role("button", name="Bet").click()
    assert panel.get_by_role("radio").nth(2).is_checked()


def test_what_did_it(visit):
    page = visit({"members": 40, "weeks": 2})
    button(page, "What did it?").click()
    button(page, "Step").click()  # the page stays live meanwhile
    expect(page.locator(".week")).to_have_text("Week 1 of 2")
    region = page.get_by_role("region", name="Each kind of work taken out in turn")
    expect(region).to_be_visible(timeout=240_000)
    region.get_by_label("The lead in").select_option("reach")
    expect(region).to_contain_text(re.compile("(A|B) is ahead in all 5 pairs"))
    bars = region.locator("li")
    assert bars.count() == 9
    expect(bars.first).to_contain_text(re.compile(r"messages.* % goes \("))
    page.get_by_label("A: from Broadcast to Facilitate").fill("50")
    expect(region).to_contain_text("These runs are of an earlier setting.")


def test_the_keyboard_alone(visit):
    page = visit({**SMALL, "weeks": 52})
    page.keyboard.press("s")
    expect(page.locator(".week")).to_have_text("Week 1 of 52")
    page.keyboard.press(" ")
    expect(button(page, "Pause")).to_be_visible()
    page.keyboard.press(" ")
    expect(button(page, "Play")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator(".week")).to_have_text("Week 0 of 52")
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("(e => e.getAttribute('aria-label') || e.innerText || e.tagName)(document.activeElement)")
        )
    sliders = [f"{name}: from Broadcast to Facilitate" for name in "AB"]
    for wanted in (
        "Play",
        "Step",
        "Reset",
        "Projector",
        "More",
        "30 runs",
        "What did it?",
        "Chart 1",
        "1. Loud",
        *sliders,
    ):
        assert any(wanted in name for name in reached), (wanted, sorted(reached))
    slider = page.get_by_label("B: from Broadcast to Facilitate")
    slider.focus()
    page.keyboard.press("Home")
    expect(page.locator(".side-B .called")).to_have_text("Mostly messages")
    button(page, "More").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def violations(page):
    """What axe-core finds on a page as it is."""
    if not AXE.is_file():
        return []  # test_axe_finds_nothing says that it is not installed
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run({runOnly: tags})", tags)
    assert len(found["passes"]) > 15
    return [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found["violations"]]


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci in studio/web")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit, running, scheme):
    page = visit(day=35, color_scheme=scheme)
    assert violations(page) == []
    page.locator("canvas").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".card")).to_be_visible()
    page.keyboard.press("Escape")
    play_to_end(page)
    assert violations(page) == []
    button(page, "More").click()
    page.get_by_label("Find a setting").fill("civility")
    expect(page.locator(".setting").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.locator("h1").click()
    page.keyboard.press("1")
    expect(page.get_by_label(re.compile("^Lesson 1"))).to_be_visible()
    assert violations(page) == []
    page.goto(running.url + "lessons/1-loud")
    assert violations(page) == []


@pytest.mark.parametrize("projector", [False, True])
def test_no_width_scrolls_sideways(visit, projector):
    """Opened at the width of a telephone, then drawn wider and narrower: nothing may stay as wide as it was."""
    team = f'[[team]]\nname = "{"n" * 60}"\nkind = "staff"\nhats = ["community", "social", "service", "product"]\n'
    long = {"scenario": "x" * 60, "text": team}
    page = visit({**SMALL, "A": long}, day=14, width=390, height=900)
    if projector:
        button(page, "Projector").click()
    for width in (390, 1920, 1280, 768, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        button(page, "More").click()
        fits = "document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth"
        assert page.evaluate(fits), width
        page.keyboard.press("Escape")


def test_escape_at_once_closes_the_drawer_after_a_resize_too(visit):
    """The drawer is open, and so hears Escape, before the page is painted again, which takes long after a resize."""
    page = visit(day=14)
    press = "() => [...document.querySelectorAll('button')].find(one => one.innerText === 'More').click()"
    for width in (390, 1920, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(press)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.wait_for_timeout(200)  # nor does it open later
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_reduced_motion_goes_week_by_week(visit):
    page = visit({**SMALL, "weeks": 52}, reduced_motion="reduce")
    page.get_by_label("Speed").select_option("2")
    button(page, "Play").click()
    expect(page.locator(".week")).to_have_text("Week 2 of 52")
    button(page, "Pause").click()
    page.wait_for_timeout(500)
    button(page, "More").click()
    with page.expect_download() as got:
        button(page, "State and numbers (JSON)").click()
    assert json.loads(Path(got.value.path()).read_text())["day"] % 7 == 0


def test_two_tabs_and_a_restart(chromium, visit):
    """Two tabs are two runs; and both are what they were after the server was started again."""
    with studio() as first:
        one, other = (visit({**SMALL, "weeks": 52}, day=day, url=first.url) for day in (14, 21))
        button(one, "Step").click()
        expect(one.locator(".week")).to_have_text("Week 3 of 52")
        button(other, "Step").click()
        expect(other.locator(".week")).to_have_text("Week 4 of 52")
        before = numbers(one), numbers(other)
    expect(one.locator(".told")).to_contain_text("connection to the studio is lost")
    with studio(port=first.port):
        for page in (one, other):
            expect(page.locator("button.main")).to_be_enabled(timeout=120_000)
            expect(page.locator(".told")).not_to_contain_text("lost", timeout=SLOW)
        assert (numbers(one), numbers(other)) == before
        button(one, "Step").click()
        expect(one.locator(".week")).to_have_text("Week 4 of 52")


def fits(page):
    """Nothing is cut off at the side; on a telephone, and at 200 % of a small screen."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_class_by_keyboard_on_a_telephone_and_after_a_reload(visit, running):
    """The teacher opens a class; a learner bets on a telephone; both are loaded again; the bet is settled."""
    teacher = visit(setup=None, url=f"{running.url}class#key={running.key}", ready=False, color_scheme="dark")
    button(teacher, "Open a class").press("Enter")
    code = teacher.locator(".code").inner_text()
    learner = visit(setup=None, url=f"{running.url}join", ready=False, width=390, height=844)
    learner.get_by_label("The code").fill("QQQQQ")
    learner.keyboard.press("Enter")
    expect(learner.locator(".told")).to_contain_text("not the code")
    assert violations(learner) == []
    learner.get_by_label("The code").fill(code.lower())
    learner.keyboard.press("Enter")
    expect(learner.locator("main")).to_contain_text("Wait for the question")
    expect(teacher.locator(".door")).to_contain_text("1 of at most 40 is here")
    assert violations(teacher) == [] and code not in teacher.url and running.key not in teacher.url
    lead = Browser(running, do="teach", key=running.key)  # a lesson that lasts five weeks
    lead.say(do="lesson", name="6-listening", failing=True)
    learner.get_by_role("radio").nth(2).press(" ")
    expect(learner.locator("main")).to_contain_text("Your bet is in")
    expect(teacher.locator("main")).to_contain_text("1 of 1 have bet")
    assert violations(learner) == violations(teacher) == []
    learner.reload(), teacher.reload()
    assert learner.get_by_role("radio").nth(2).is_checked()
    teacher.get_by_label("Speed").select_option("5")
    button(teacher, "Close the bets and play").press("Enter")
    expect(learner.locator(".settled")).to_contain_text("You bet right: in your world the two end close together")
    expect(teacher.locator("main")).to_contain_text("1 of 1 bets were right")
    assert violations(learner) == violations(teacher) == []
    assert all(canvas.evaluate("c => c.width > 100") for canvas in learner.locator("canvas").all())
    for page, width in ((learner, 320), (learner, 390), (teacher, 390), (teacher, 640), (teacher, 1280)):
        page.set_viewport_size({"width": width, "height": 800})
        assert fits(page), (page.url, width)
    button(teacher, "End the class and delete what was kept").press("Enter")
    button(teacher, "Yes, end and delete").press("Enter")
    expect(learner.locator(".told")).to_contain_text("The class has ended")
    expect(button(teacher, "Open a class")).to_be_visible()
    lead.close()


def test_plans_are_made_compared_and_looked_at(visit):
    page = visit({"members": 40, "weeks": 2}, width=390)
    button(page, "Plans").press("Enter")
    page.get_by_label("Plan 1: keep the hours on gatherings").press(" ")
    page.get_by_label("Plan 1: hours on publishing").fill("4")
    page.keyboard.press("Tab")
    inputs = page.locator("fieldset").first.locator("td input[type=number]")
    assert sum(round(10 * float(one.input_value())) for one in inputs.all()) == 200
    expect(page.locator(".differ")).to_contain_text(re.compile("Plan 2, compared with Plan 1: .* less on"))
    button(page, "Add a plan").press("Enter")
    button(page, "Give Plan 3 a budget of its own").press("Enter")
    page.get_by_label("Budget of its own").fill("30")
    page.keyboard.press("Tab")
    expect(page.locator(".differ")).to_contain_text("Unequal: Plan 3 has 30\xa0h a week")
    page.reload()
    button(page, "Plans").click()
    assert fits(page) and violations(page) == []
    page.set_viewport_size({"width": 640, "height": 450})  # 200 % of a small screen
    assert fits(page)
    button(page, "Compare in 30 runs").press("Enter")
    expect(page.get_by_role("table", name=re.compile("best first"))).to_be_visible(timeout=120_000)
    expect(page.get_by_role("table", name=re.compile("30 paired seeds"))).to_be_visible()
    page.get_by_label("Team and style as in").first.select_option("responsive")
    expect(page.locator(".changed")).to_contain_text("hours of Plan 1 that you had set are replaced")
    expect(page.get_by_text("These runs are of an earlier setting.")).to_be_visible()
    page.get_by_label("World").select_option("tiny_startup")
    expect(page.locator(".changed")).to_contain_text("The own budget of Plan 3 is dropped")
    expect(button(page, "See these two side by side")).to_be_enabled()  # the answer for these plans has come
    button(page, "See these two side by side").press("Enter")
    expect(page.locator(".side-B .hours")).to_contain_text("Each week")
    expect(page.get_by_label("World")).to_have_value("tiny_startup")
