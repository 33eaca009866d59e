"""The description of the model, sim/ODD.md: its sections, its declaration, and what refers to it by number.

    python -m tests.odd      number the sections of the rules in their order, and every reference to them

A new rule's section is headed `## 7.x Gifting (`rules/gifting.py`)`, its line of the declared day begins
`x. **gift**:`, and both stand at their place in the day.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGE = "sim/ODD.md"
FOLDERS = ("sim", "scenarios", "experiments", "studio", "tests")
HEADING = re.compile(r"^#{1,2} (\d+(?:\.(?:\d+|x))?) (.+)$", re.M)
# A section of a rule, where a number might be anything else: not a divisor, a figure in a table, or part of a number.
OF_A_RULE = re.compile(r"(?<![/;|*+-] )(?<![\w.])7\.(\d+|x)(?!\w|\.\d)")
LINE = re.compile(r"^(\d+|x)\. \*\*(\w+)\*\*:", re.M)  # of the declared day
NUMBER = re.compile(r"(?<![\w.-])\d{1,2}(?:\.\d{1,2})?(?![\w%-]|\.\d)")


class Section(NamedTuple):
    """A heading of the ODD."""

    number: str
    title: str

    @property
    def file(self) -> str:
        """The first file of sim/ that the heading names, "" where there is none."""
        named = re.search(r"`([\w/]+\.py)`", self.title)
        return named[1] if named else ""


def odd(root: Path = ROOT) -> str:
    """The whole text of sim/ODD.md."""
    return (root / PAGE).read_text(encoding="utf-8")


def sections(root: Path = ROOT) -> list[Section]:
    """All headings with a number, in their order."""
    return [Section(*found) for found in HEADING.findall(odd(root))]


def declared_day(root: Path = ROOT) -> list[tuple[int, str]]:
    """Number and name of each line of the day, as the declaration lists them."""
    page = odd(root).split("\n# 1 ")[0]
    return [(int(number), name) for number, name in LINE.findall(page) if number != "x"]


def files(root: Path = ROOT) -> Iterator[Path]:
    """What may refer to a section, the worked example of a new rule apart."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if (
                path.suffix in (".py", ".md", ".toml")
                and path.name != "gifting.toml"
                and "node_modules" not in path.parts
            ):
                yield path


def is_whole(path: Path, root: Path) -> bool:
    """Whether 7.n means a section wherever it stands in the file, and not only on a line that names the ODD."""
    name = path.relative_to(root).as_posix()
    return name in (PAGE, "sim/DECISIONS.md") or name.startswith(("sim/rules/", "tests/reference/"))


def cited(root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """Each reference to a section: `file:line`, and the number."""
    for path in files(root):
        text, whole, name = path.read_text(encoding="utf-8"), is_whole(path, root), path.relative_to(root).as_posix()
        if not whole and "ODD" not in text:
            continue
        before = text.index("\n# 2 ") if name == PAGE else 0  # section 1 holds tables of figures
        for at, line in enumerate(text[before:].splitlines(), text[:before].count("\n") + 1):
            found = [f"7.{number}" for number in OF_A_RULE.findall(line)] if whole else []
            if "ODD" in line and name != PAGE:
                found += [n for said in re.findall(r"\bODD(?:\.md)?\b([^;:\"]*)", line) for n in NUMBER.findall(said)]
            yield from ((f"{name}:{at}", number) for number in found)


def renumber(root: Path = ROOT) -> dict[str, str]:
    """Number the sections of the rules in their order, and all that refers to them; what has changed, old to new.

    The lines of the declared day are counted anew too.
    """
    old = [section.number.removeprefix("7.") for section in sections(root) if section.number.startswith("7.")]
    twice = sorted({number for number in old if old.count(number) > 1})
    if twice:
        raise ValueError(f"two sections 7.{twice[0]} in sim/ODD.md: put x in place of the number of the new one")
    new = {number: str(at) for at, number in enumerate(old)}  # the first is 7.0, ties and posts
    for path in files(root):
        whole = is_whole(path, root)
        known = new if whole else {number: now for number, now in new.items() if number != "x"}
        before = path.read_text(encoding="utf-8")
        if not whole and "ODD" not in before:
            continue
        after = "".join(
            OF_A_RULE.sub(lambda m, known=known: f"7.{known.get(m[1], m[1])}", line)
            if whole or re.search(r"\bODD\b", line)
            else line
            for line in before.splitlines(keepends=True)
        )
        if after != before:
            path.write_text(after, encoding="utf-8")
    head, rest = odd(root).split("\n# 1 ", 1)
    count = itertools.count(1)
    head = LINE.sub(lambda m: f"{next(count)}. **{m[2]}**:", head)
    (root / PAGE).write_text(f"{head}\n# 1 {rest}", encoding="utf-8")
    return {f"7.{one}": f"7.{other}" for one, other in new.items() if one != other}


if __name__ == "__main__":
    changed = renumber()
    print("\n".join(f"{old} is now {new}" for old, new in changed.items()) or "every number is as it should be")
