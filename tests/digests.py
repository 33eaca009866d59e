"""Digests of whole runs, by table: what a change that keeps the bits must leave equal.

    python -m tests.digests --against        compute them again, some minutes, and name what differs
    python -m tests.digests --to             write them anew: in a commit that changes a rule or a value, and says which

Every shipped scenario with two seeds, and scenarios founded from logs where these are at hand. Both take another file
than tests/digests.json where one is named.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from sim.community import Community
from sim.scenario import load, shipped
from sim.state.norms import NORM
from sim.state.posts import POST
from sim.state.ties import held

STORED = Path(__file__).with_suffix(".json")
LOGS = Path(__file__).parents[2] / "shared/data"
SCALARS = ("capability", "adstock", "stories", "exposures", "practical", "practical_staff", "feed", "promotions",
           "awards", "money", "acted")  # fmt: skip
TIE = ("exchanges", "last", "memory", "partner", "strength")
FOUNDED = ("edgeryders.csv.gz", "urho3d_forum.csv.gz")
# Sums over members, whose last bits hang on the order of adding up and on the machine's power function.
SUMS = ("equality", "company.engagement", "company.broadcast", "company.stories", "members.relationships",
        "members.experience", "members.nuisance", "value_company", "value_members")  # fmt: skip
DAYS, SEEDS, MEMBERS = 120, (1, 2), 300


def digest(*arrays) -> str:
    """A short hash of arrays: type, shape and every bit."""
    total = hashlib.sha256()
    for array in arrays:
        array = np.ascontiguousarray(array)
        total.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    return total.hexdigest()[:16]


def tables(c: Community) -> dict[str, str]:
    """Digests of all that a community is, by table."""
    m, posts, now, team = c.members.view, c.posts, c.tables.now, c.team
    all_ties = held(m, c.tables.ties)
    norms, company, kept = c.tables.rows["norms"], c.company, c.scenario.activities
    lists = [
        [(one["touchpoint"], one["member"], one["day"]) for one in c.tables.rows["insights"][: now.insights]],
        [(w["due"], w["touchpoint"], w["gain"], w["member"]) for w in c.tables.rows["works"][: now.works]],
    ]
    return {
        "members": digest(*(getattr(m, name) for name in sorted(m._fields) if not name.startswith("tie_"))),
        "ties": digest(m.tie_count, *(getattr(all_ties, name) for name in TIE)),
        "posts": digest(*(posts[name] for name in sorted(POST.names)), np.array([now.oldest, now.next])),
        "norms": digest(*(norms[name] for name in sorted(NORM.names))),
        "company": digest(
            company.experience,
            c.tables.library,
            np.array([float(getattr(company, name)) for name in SCALARS]),
            *(np.array([[float(x) for x in row] for row in items]) for items in lists),
        ),
        "team": digest(
            *(np.array([person.minutes.get(a, 0.0) for a in kept]) for person in team),
            *(np.array([person.spent.get(a, 0.0) for a in kept]) for person in team),
            *(person.talk for person in team),
        ),
        "flows": digest(c.flows, np.array([float(now.money_spent), float(now.tide)]), c.tables.volume),
        "ledger": digest(np.concatenate([c.tables.company_value, c.tables.member_value]).round(6)),
    }


def run(scenario, seed, founding=None) -> dict[str, str]:
    """Digests of one run: state and ledger every ten days, measures and events at the end of it."""
    c = Community(scenario, seed, founding=founding, keep_events=True)
    by_table: dict[str, list[str]] = {}
    rows = []
    for day in range(scenario.community.days + 1):
        if day:
            c.step()
        rows.append(c.observe())
        if day % 10 == 0:
            for name, value in tables(c).items():
                by_table.setdefault(name, []).append(value)
    e = c.events
    plain = [name for name in rows[0] if name not in SUMS]
    return {
        **{name: hashlib.sha256("".join(parts).encode()).hexdigest()[:16] for name, parts in by_table.items()},
        "measures": digest(np.array([[row[name] for name in plain] for row in rows], float)),
        "sums": digest(np.array([[row[name] for name in SUMS] for row in rows], float).round(6)),
        "events": digest(*(e[name] for name in ("time", "source", "target", "kind"))),
        "exchanges": str(int(c.observe()["exchanges"])),
    }


def cases():
    """Name, and a function that runs it."""
    size = {"community.members": MEMBERS, "community.days": DAYS}
    for name in shipped():
        for seed in SEEDS:
            yield f"{name} {seed}", lambda name=name, seed=seed: run(load(name, size), seed)
    yield "facilitation 1, whole", lambda: run(load("facilitation", {"community.days": DAYS}), 1)
    yield "broadcast 2, whole", lambda: run(load("broadcast", {"community.days": DAYS}), 2)
    for file in FOUNDED:
        path = LOGS / file
        if path.exists():
            for name in ("facilitation", "broadcast"):
                from sim.logs.founding import from_log
                from sim.logs.readers import read

                def founded(path=path, name=name):
                    scenario, founding = from_log(read(path), None, load(name, {"community.days": DAYS}))
                    return run(scenario, 1, founding)

                yield f"{name} 1, founded from {file}", founded


def differences(found: dict[str, str], known: dict[str, str]) -> list[str]:
    """The tables whose digests differ."""
    return [table for table in known if found[table] != known[table]]


def main() -> None:
    """Write the digests, or compare them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", type=Path, nargs="?", const=STORED)
    parser.add_argument("--against", type=Path, nargs="?", const=STORED)
    parser.add_argument("--only", default="", help="the cases with this in their names")
    asked = parser.parse_args()
    known = json.loads(asked.against.read_text()) if asked.against else {}
    results: dict[str, dict] = {}
    different = 0
    for name, case in cases():
        if asked.only not in name:
            continue
        results[name] = case()
        if name in known:
            apart = differences(results[name], known[name])
            different += bool(apart)
            print(f"{name}: {'equal' if not apart else 'DIFFERENT: ' + ', '.join(apart)}", flush=True)
    if asked.to:
        asked.to.write_text(json.dumps(results, indent=1) + "\n")
    if known:
        print(f"{len(results)} runs, {different} different")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
