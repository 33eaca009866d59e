"""The job script of a study for Slurm: parts that stop before their time is over and go on by themselves."""

from __future__ import annotations

import math
import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from experiments.pages.text import render
from experiments.runs import files
from experiments.runs.given import NOT_DONE
from experiments.runs.pool import Pool
from experiments.study.cost import Cost, span
from experiments.study.design import Plan
from experiments.study.file import Study, StudyError
from experiments.study.sweep import Sweep
from sim.version import model_hash

TEMPLATE = Path(__file__).with_name("slurm.sh.j2")
MOST_PARTS = 1000  # Slurm's own limit of an array, if its administrator has not changed it
MARGIN = 0.1  # of the time, in which a part ends what it is at


@dataclass(frozen=True)
class Job:
    """What a job script is to ask for: cores of a part, its time in seconds, and how many parts (None: as fit it)."""

    cpus: int = 4
    time: float = 3600.0
    parts: int | None = None

    @property
    def stop(self) -> int:
        """Seconds after which a part stops, in whole ones."""
        return max(1, int(self.time - min(max(MARGIN * self.time, 30.0), 600.0, self.time / 2)))


def write(study: Study, out: Path, script: Path, given: list[str], job: Job, cost: Cost) -> int:
    """Write the job script and the study's plan, once for all parts; returns how many parts there are.

    Parameters
    ----------
    out : the store's folder, on a disk that all nodes share
    given : words of the command line that say the study: its name or file, and what is changed in it

    Raises
    ------
    StudyError : for a study that has no parts, or when the script exists already
    """
    if study.mix or study.precision:
        raise StudyError(
            f"{study.path}: a search and a study with a `precision` have no parts; run them on one machine"
        )
    if script.exists():
        raise StudyError(f"--script: `{script}` exists; name a new file (nothing was written)")
    fits = math.ceil(cost.runs * cost.seconds / (job.cpus * job.stop))
    parts = job.parts or max(1, min(fits, MOST_PARTS, cost.runs))
    name, *changes = given
    path = str(Path(name).resolve()) if Path(name).is_file() else name
    words = [sys.executable, "-m", "experiments", "study"]
    out, script = out.absolute(), script.absolute()
    ending = [*words, "run", path, *changes, "--out", str(out)]
    last = f"{shlex.join(ending)} && {shlex.join([*words, 'report', str(out)])}"
    job_name = re.sub(r"[^A-Za-z0-9_.-]+", "-", study.name)
    text = render(
        TEMPLATE, name=study.name, runs=f"{cost.runs:,}", parts=parts, script=shlex.quote(str(script)),
        cpus=job.cpus, memory=math.ceil(cost.memory / 1e6), last=shlex.quote(last), margin=span(job.time - job.stop),
        job=job_name, time=_slurm(job.time), here=Path.cwd(), log=out / "slurm" / "%A_%a.txt",
        hearth=shlex.join(words[:3]), study=shlex.quote(path), out=shlex.quote(str(out)),
        more="".join(f" {shlex.quote(word)}" for word in changes), stop=f"{job.stop}s", not_done=NOT_DONE,
    )  # fmt: skip
    work = Sweep(study, Plan(study, model_hash()), out, Pool(job.cpus))
    with work.opened(ready=False):
        (out / "slurm").mkdir(exist_ok=True)
    files.write_text(script, text)
    return parts


def _slurm(seconds: float) -> str:
    """A time as Slurm reads it: hours, minutes and seconds.

    >>> _slurm(5400)
    '01:30:00'
    """
    whole = math.ceil(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
