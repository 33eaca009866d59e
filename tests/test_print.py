"""The report of a comparison over worlds on paper: three pages, printed by Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from experiments.cli import main
from experiments.pages import figures

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ENOUGH = "20"  # worlds, so that there is something to say of what could turn the verdict

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed, which prints"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    """The report of a comparison that was really run."""
    folder = tmp_path_factory.mktemp("print") / "made"
    small = ["--members", "40", "--days", "8", "--workers", "1", "--quiet"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "DPI", 40)
        assert main(["compare", "broadcast", "facilitation", *small, "--worlds", ENOUGH, "--out", str(folder)]) == 0
    return (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_prints_on_three_pages(page, paper, tmp_path):
    sized = page.replace("@page {", f"@page {{ size: {paper};")
    assert sized != page
    (tmp_path / "report.html").write_text(sized, encoding="utf-8")
    printing = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={tmp_path}",
                f"--print-to-pdf={tmp_path / 'report.pdf'}", (tmp_path / "report.html").as_uri()]  # fmt: skip
    subprocess.run([CHROMIUM, *printing], check=True, capture_output=True, timeout=120)
    assert len(re.findall(rb"/Type\s*/Page\b", (tmp_path / "report.pdf").read_bytes())) == 3


def test_what_is_left_out_on_paper_is_said_there(page):
    """Each section that has something to open says where that is."""
    sections = page.split("<section ")[1:]
    folded = [section for section in sections if "<details" in section]
    assert len(folded) == 2 and all('<p class="paper">' in section for section in folded)
