"""The gallery: every figure of the committed results, with what it shows and the command that made it.

Written by `python -m experiments.pages.questions`. What a figure shows is its alternative text, which is read from the
page that has it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path

from experiments.pages.wording import markdown
from experiments.runs import files

RESULTS = files.ROOT / "results"
PAGE = RESULTS / "README.md"
RECORDS = ("manifest.json", "about.json", "worlds.json", "patterns.json")  # that name command and model
INLINE = re.compile(r'<img[^>]*?src="data:image/png;base64,([^"]+)"[^>]*?alt="([^"]*)"')
LINKED = re.compile(r"!\[([^\]]*)\]\((figures/[^)]+)\)")
HEAD = """# Results

<!-- Written by `python -m experiments.pages.questions`, never by hand. -->

Every committed result that has figures, with the command that made it; what the figures say in words stands in each
folder's report, and [in answer to questions](../experiments/QUESTIONS.md). `python -m tests.results` says which
results are older than the model. Your own results land beside these, and git leaves them alone.
"""


def committed() -> list[Path]:
    """The folders of results that git is told not to ignore."""
    text = (files.ROOT / ".gitignore").read_text(encoding="utf-8")
    return [RESULTS / name for name in sorted(re.findall(r"^!results/([\w-]+)/$", text, re.MULTILINE))]


def shown(folder: Path) -> dict[Path, str]:
    """The figures of a folder, each with what it shows as far as a page of the folder says it."""
    by_content, by_name = dict[str, str](), dict[str, str]()
    for path in sorted(folder.glob("*.html")):
        for data, alt in INLINE.findall(path.read_text(encoding="utf-8")):
            by_content[hashlib.sha256(base64.b64decode(data)).hexdigest()] = html.unescape(alt)
    for path in sorted(folder.glob("*.md")):
        by_name |= {name: alt for alt, name in LINKED.findall(path.read_text(encoding="utf-8"))}
    return {
        path: by_name.get(f"figures/{path.name}")
        or by_content.get(hashlib.sha256(path.read_bytes()).hexdigest(), path.stem.replace("-", " "))
        for path in sorted((folder / "figures").glob("*.png"))
    }


def about(folder: Path) -> dict[str, str]:
    """What the record of a folder says: command, model, question; empty where there is none."""
    there = (folder / name for name in RECORDS if (folder / name).is_file())
    return next((json.loads(path.read_text(encoding="utf-8")) for path in there), {})


def page() -> str:
    """The gallery, in Markdown."""
    parts = [HEAD]
    for folder in committed():
        if not (figures := shown(folder)):
            continue
        record = about(folder)
        question = f"{markdown(record['question'])}\n" if record.get("question") else ""
        parts += [f"## [{folder.name}]({folder.name})", "", question + f"`{record.get('command', '')}`", ""]
        for path, alt in figures.items():
            text = markdown(alt)
            parts += [f'<img src="{path.relative_to(RESULTS).as_posix()}" width="420" alt="{html.escape(alt)}">', "",
                      text if text.endswith(".") else f"{text}.", ""]  # fmt: skip
    return "\n".join(parts).rstrip() + "\n"
