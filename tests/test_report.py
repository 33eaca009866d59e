"""The report is a pure function of the store, one file, and readable by all."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from experiments.cli import main
from experiments.comparison import figures as drawn
from experiments.comparison import network, report
from experiments.comparison.verdict import verdict
from experiments.pages import figures


@pytest.fixture(scope="module", autouse=True)
def coarse():
    """Pictures of few dots: all that is looked at here is that they are there, and the same twice."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "DPI", 40)
        yield


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A small comparison, really run."""
    folder = tmp_path_factory.mktemp("report") / "result"
    words = ["compare", "broadcast", "facilitation", "--one-world", "--members", "60", "--days", "40"]
    assert main([*words, "--replicates", "3", "--out", str(folder), "--quiet", "--workers", "1"]) == 0
    return folder


def files(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_bytes_from_the_store_alone(result, tmp_path):
    shutil.copytree(result / "runs", tmp_path / "copy" / "runs")
    shutil.copytree(result / "network", tmp_path / "copy" / "network")
    for name in ("manifest.json", "points.parquet"):
        shutil.copy(result / name, tmp_path / "copy")
    report.write(tmp_path / "copy")
    assert files(tmp_path / "copy") == files(result)


def test_everything_is_there(result):
    names = set(files(result))
    assert {"report.html", "verdict.txt", "verdict.json", "manifest.json", "tables/differences.csv"} <= names
    wanted = [
        "overview", "path-intimacy", "differences-broadcast-facilitation", "intimacy", "ledger-company",
        "ledger-members", "attention", "hours", "network-broadcast", "network-facilitation",
    ]  # fmt: skip
    assert {f"figures/{name}.png" for name in wanted} <= names
    assert not [name for name in names if "/." in name or name.startswith(".")]
    assert b"Software" not in (result / "figures" / "intimacy.png").read_bytes()[:2000]


class Page(HTMLParser):
    """What a reader's machine meets in the page."""

    def __init__(self):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


def test_the_page_is_one_file_that_all_can_read(result):
    text = (result / "report.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    images = page.all("img")
    assert len(images) >= 12 and all(image["src"].startswith("data:image/png;base64,") for image in images)
    assert all(len(image["alt"]) > 20 for image in images)
    assert page.all("th") and all("scope" in cell for cell in page.all("th"))
    assert not page.all("script") and not page.all("link") and "url(" not in text
    links = [link["href"] for link in page.all("a")]
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert links and all(link.startswith("#") and link[1:] in ids for link in links)
    assert "prefers-color-scheme: dark" in text and "@media print" in text and 'name="viewport"' in text


def test_the_page_says_what_the_verdict_says_and_how_to_repeat_it(result):
    text = (result / "report.html").read_text(encoding="utf-8")
    assert "hearth compare broadcast facilitation --days 40 --members 60 --seed 1 --one-world --replicates 3" in text
    assert "are assumed" in text
    lines = (result / "verdict.txt").read_text(encoding="utf-8").splitlines()
    first = next(line for line in lines if line.startswith("More intimacy"))
    number = re.search(r"[+−][0-9.]+", first)
    assert number and number.group() in text


def test_tables_agree_with_the_runs(result):
    table = pd.read_csv(result / "tables" / "differences.csv").set_index(["second", "measure"])
    ends = pd.read_csv(result / "tables" / "runs.csv")
    means = ends.groupby("scenario")["intimacy"].mean()
    row = table.loc[("facilitation", "intimacy")]
    assert row["difference"] == pytest.approx(means["facilitation"] - means["broadcast"], rel=1e-4)
    assert set(ends["day"]) == {40}


def test_a_ledger_holds_costs_too_and_its_sum_last(result):
    runs, manifest = report.read(result)
    lines = report.Tables(runs, manifest, verdict(runs, manifest)).lines("company")
    assert "company.wages" in lines and lines[-1] == "value_company"
    assert (report.at_end(runs)["company.wages"] < 0).all()


def test_no_more_seeds_are_told_of_than_were_asked_for(result, tmp_path):
    shutil.copytree(result, tmp_path / "copy")
    path = tmp_path / "copy" / "manifest.json"
    asked = json.loads(path.read_text(encoding="utf-8"))
    asked["sheet"]["replicates"] = 2
    path.write_text(json.dumps(asked), encoding="utf-8")
    assert [set(report.read(folder)[0]["replicate"]) for folder in (result, tmp_path / "copy")] == [{0, 1, 2}, {0, 1}]


def test_only_what_could_not_be_shown_is_hollow():
    ends = [("a", 0.1, 0.3), ("b", -0.3, -0.1), ("c", -0.1, 0.2)]
    rows = pd.DataFrame([(label, "more", (low + high) / 2, low, high) for label, low, high in ends],
                        columns=["label", "wanted", "mean", "low", "high"])  # fmt: skip
    (axes,) = drawn.forest(rows, "x", "y", 5).axes
    hollow = [line.get_markerfacecolor() == "white" for line in axes.lines if line.get_marker() in ("D", "o")]
    assert hollow == [False, False, True]


def ties(members, pairs):
    source, target, strength = zip(*pairs, strict=True) if pairs else ((), (), ())
    return {
        "members": pd.DataFrame({"member": members, "stage": 0}),
        "ties": pd.DataFrame({
            "source": np.array(source, int), "target": np.array(target, int), "strength": np.array(strength, float)
        }),
    }  # fmt: skip


def test_the_same_member_stands_at_the_same_place():
    drawn = network.draw_together({
        "a": ties([10, 20, 30], [(0, 1, 0.5)]),
        "b": ties([20, 30, 40], [(0, 1, 0.4), (1, 2, 0.01)]),
    })  # fmt: skip
    (_, a, places_a, n_a), (_, b, places_b, _) = drawn
    assert places_a is places_b and n_a == 3
    assert list(a.edges) == [(10, 20)] and list(b.edges) == [(20, 30)]  # the faint tie is not drawn
    assert a.graph["gone"] == {40} and b.graph["gone"] == {10}
    weak = network.graph_of(ties([10, 20, 30], [(0, 1, 0.02), (1, 2, 0.29), (0, 2, 0.019)]))
    assert sorted(weak.edges) == [(10, 20), (20, 30)]  # not only close ties are drawn


def test_a_large_network_is_drawn_in_part():
    rng = np.random.default_rng(1)
    pairs = [(int(a), int(b), 0.2) for a, b in rng.integers(0, 5000, (20000, 2)) if a != b]
    ((_, graph, places, n),) = network.draw_together({"a": ties(list(range(5000)), pairs)})
    assert len(graph) == len(places) == 600 and n == 5000
    assert graph.number_of_edges() <= network.MOST_TIES


def test_a_network_without_ties_is_drawn():
    ((_, graph, places, _),) = network.draw_together({"a": ties([1, 2], [])})
    assert graph.number_of_edges() == 0 and len(places) == 2
