"""The benchmark's page, made from stored figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from experiments.pages.wording import number


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, numbers to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(folder: Path) -> str:
    """The tables for people, made from the stored files of `folder`."""
    parts = [
        "# The benchmark\n\nMade by `python -m experiments.benchmark`, and by "
        "`python -m tests.bench_studio` and `python -m tests.bench_studies`; not edited by hand."
    ]
    words = {True: "yes", False: "no", None: "not measured"}
    for name, title, body in (
        ("benchmark", "The whole model", of_whole),
        ("studio", "The studio in a browser", of_studio),
        ("studies", "The harness of studies", lambda data: []),  # all of it stands in the table
    ):
        path = folder / f"{name}.json"
        if not path.exists():
            continue
        data = json.loads(path.read_text(encoding="utf-8"))
        machine, commit, model = data["machine"], data["commit"], data["model"]
        versions = ", ".join(f"{key} {value}" for key, value in data["versions"].items())
        parts.append(
            f"## {title}\n\n{data['date']}, commit {commit[:12]}{'+changes' if '+' in commit else ''}, "
            f"model `{model}`; "
            f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}, "
            f"load {number(machine['load'])} at the start; {versions}."
        )
        parts += body(data)
        rows = [
            [row["what"], number(row["figure"]), row["bound"], words[row["reached"]] if row["bound"] else ""]
            for row in data["to_reach"]
        ]
        parts.append(table(["to reach", "figure", "bound", "reached"], rows))
    return "\n\n".join(parts) + "\n"


def of_whole(data: dict[str, Any]) -> list[str]:
    """The paragraphs on the whole model."""
    head = ["members", "CPU s", "days", "ns a member-day (low to high)", "ns a visit", "set-up s", "bytes a member"]
    rows = []
    for cell in data["whole"]:
        cost = cell["ns_per_member_day"]
        between = f"{number(cost['low'])} to {number(cost['high'])}"
        middle = [number(cell[key]["median"]) for key in ("seconds", "ns_per_visit", "set_up_seconds")]
        rows.append(
            [f"{cell['members']:,}", middle[0], str(cell["days"]), f"{number(cost['median'])} ({between})", *middle[1:],
             number(cell["peak_bytes_per_member"])]
        )  # fmt: skip
    parts = [table(head, rows)]
    for n, cell in data["reference_ratio"].items():
        text = cell.get("said")
        if not text:
            flows = "the same flows" if cell["equal_flows"] else "DIFFERENT flows"
            between = f"{number(cell['low'])} to {number(cell['high'])}"
            text = f"{number(cell['ratio'])} times as fast ({between}), {flows}"
        parts.append(f"Against the reference model at {int(n):,} members: {text}.")
    if data["workers"]:
        w = data["workers"]
        parts.append(
            f"{w['runs']} runs of {w['days']} days by two threads: {number(w['speed_up'])} times as fast as by one "
            f"(wall clock), results {'the same' if w['same'] else 'DIFFERENT'}."
        )
    if data.get("limit"):
        cell, large = data["limit"], data["whole"][-1]
        spent = large["ns_per_member_day"]["median"]
        parts.append(
            f"The limit: a day must touch {number(cell['bytes'])} bytes and make {number(cell['draws'])} draws a "
            f"member, which this machine's memory ({number(cell['bytes_per_ns'])} bytes a ns) and one core "
            f"({number(cell['ns_per_draw'])} ns a draw) do in {number(cell['ns'])} ns; at {large['members']:,} members "
            f"the model takes {number(spent)} ns, {number(spent / cell['ns'])} times that."
        )
    return parts


def of_studio(data: dict[str, Any]) -> list[str]:
    """The paragraph on the studio; measured by `tests.bench_studio`."""
    head = ["members a side", "pictures a second", "ms from slider to picture, median (low to high)"]
    rows = []
    for row in data["studio"]:
        wait = {key: number(value) for key, value in row["slider_ms"].items()}
        wait_text = f"{wait['median']} ({wait['low']} to {wait['high']}; {wait['moves']} moves)"
        rows.append([f"{row['members']:,}", number(row["pictures_per_second"]), wait_text])
    return [table(head, rows)]
