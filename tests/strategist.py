"""The way of a strategist who is a stranger here, from README.md to a brief: `python -m tests.strategist`.

It goes by the pages: README.md names a page and a command for a strategist, the page shows the command, and it is run
as it stands there, in a folder of its own, with the answers of somebody who knows some numbers of his forum and not
others. Then what the page promises is looked for. Says how long it took; a test walks the same way with few members,
worlds and days.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ANSWERS = {"log": "", "members": "3,000", "weekly_writers": "60", "newcomers": "?", "member_messages": "200",
           "staff_messages": "", "staff_answers": "", "followers": "9000", "hours": "60", "wage": "40",
           "currency": "EUR", "on_messages": "60%"}  # fmt: skip
MINUTES = 10


def named() -> tuple[str, list[str]]:
    """The page and the command that README.md names for a strategist."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    ((page, command),) = re.findall(r"^\| a strategist[^|]*\| \[[^\]]*\]\(([^)]+)\)[^|]*\| `([^`]+)` \|", readme, re.M)
    return page, command.split()


def shown(page: str) -> list[str]:
    """Every command in a block of a page, in order."""
    blocks = re.findall(r"^```\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.M | re.S)
    return [line for block in blocks for line in block.splitlines()]


def typed(folder: Path, command: list[str], given: str = "") -> str:
    """What a command prints that is typed in a folder; it ends well."""
    assert command[0] == "hearth"
    words = [sys.executable, "-m", "experiments", *command[1:]]
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", ""))))
    done = subprocess.run(words, cwd=folder, input=given, capture_output=True, text=True, timeout=60 * MINUTES,
                          env={**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"})  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


Typed = Callable[..., str]


def walk(folder: Path, answers: dict[str, str] = ANSWERS, more: tuple[str, ...] = (), typed: Typed = typed) -> Path:
    """Go the whole way; returns the folder that was made. `more`: options after the command; `typed`: what types it."""
    page, command = named()
    assert shown(page)[0] == " ".join(command), f"{page} does not begin with {command}"
    out = typed(folder, [*command, *more], "\n".join(answers.values()) + "\n")
    made = folder / re.findall(r"^Brief: (\S+)/brief\.html", out, re.M)[0]
    promised = re.findall(r"^- `([^`]+)`|^- .*? and `([^`]+)`", (ROOT / page).read_text(encoding="utf-8"), re.M)
    for name in filter(None, (name for pair in promised for name in pair)):
        assert (made / name).exists(), f"{page} promises {name}"
    brief = (made / "brief.html").read_text(encoding="utf-8")
    assert f"{answers['members']} members" in brief and f"{answers['hours']} hours a week" in brief
    assert len(re.findall(rb"/Type\s*/Page\b", (made / "brief.pdf").read_bytes())) == 1
    assert "valid" in typed(folder, ["hearth", "check", str(made / "community.toml")])
    members = tomllib.loads((made / "community.toml").read_text(encoding="utf-8"))["community"]["members"]
    assert f"{members:,}" == answers["members"]
    return made


def main() -> int:
    """Go the way once, and say how long it took."""
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        walk(Path(folder))
    took = (time.perf_counter() - begun) / 60
    print(f"from the answers to the brief: {took:.1f} min")
    return int(took > MINUTES)


if __name__ == "__main__":
    sys.exit(main())
