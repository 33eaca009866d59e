"""(f) Whether the effort of staff leads what members do in the next period.

A row a period of four weeks (or a quarter, 13 weeks), within one community: the outcome of the next period on the log
of staff replies in this one, its own value in this one, the logs of active members, messages and newcomers, and a cubic
(quarters: quadratic) trend; errors hold under autocorrelation. Logs are of 1 + x: one unit is 2.7 times as many. It
sees ordinary swings around a community's own path, not a change of regime. The reverse, whether staff answer because
members are active, holds only staff's own replies and the trend fixed: messages and newcomers are that activity.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from experiments.effects.fits import Estimate, over_time
from experiments.effects.logs import WEEK, Community

MONTH, QUARTER = 28, 91  # days
HELD = ("actives", "messages", "newcomers")
NEXT = {  # the outcome of the next period, by the name of its estimate
    "exchanges": "exchanges",
    "exchanges_each": "exchanges_each",
    "actives": "actives",
    "newcomers": "newcomers",
    "back": "back",
    "member_answers": "answered",
}


def panel(log: Community, days: int) -> pd.DataFrame:
    """A row a whole period of so many days.

    Columns: staff_replies, staff_openings, exchanges (between members), actives (members who wrote), messages,
    newcomers, all as log(1 + x); exchanges_each (log of (1 + exchanges) / (1 + actives)); back (share of actives who
    write in the next period; NaN without any), answered (share of members' threads that a member answers within 7 days;
    NaN without any).
    """
    messages, whole = log.messages, log.days // days
    period = log.period(messages["time"], days)
    member = ~messages["staff"]
    between = member & ~messages["to_staff"] & (messages["source"] != messages["target"])
    chosen = {
        "staff_replies": messages["staff"] & ~messages["opens"],
        "staff_openings": messages["staff"] & messages["opens"],
        "exchanges": between,
        "messages": member | messages["staff"],
        "newcomers": member & ~messages["source"].duplicated(),
    }
    table = pd.DataFrame({name: np.bincount(period[flags], minlength=whole)[:whole] for name, flags in chosen.items()})
    active = pd.DataFrame({"period": period, "who": messages["source"]})[member].drop_duplicates()
    table["actives"] = np.bincount(active["period"], minlength=whole)[:whole]
    again = active.merge(active.assign(period=active["period"] - 1), on=["period", "who"])
    back = np.bincount(again["period"], minlength=whole)[:whole] / table["actives"].where(table["actives"] > 0)
    table = np.log1p(table)
    table["exchanges_each"] = table["exchanges"] - table["actives"]
    threads = log.threads[~log.threads["staff"] & (log.threads["opened"] >= log.start)]
    answered = threads["first_member_reply"] - threads["opened"] <= WEEK
    table["answered"] = answered.groupby(log.period(threads["opened"], days)).mean().reindex(range(whole))
    return table.assign(back=back)


def lead(table: pd.DataFrame, effort: str, outcome: str, powers: int, held: tuple[str, ...] = HELD) -> Estimate | None:
    """How the next period's outcome goes with one log unit of effort in this; None with too few periods.

    At least two periods for each coefficient. `held`: columns held fixed besides effort, the outcome's own value and
    the powers of time.
    """
    now, after = table.iloc[:-1], table[outcome].shift(-1).iloc[:-1]
    time = np.linspace(-1, 1, len(now))
    x = now[list(dict.fromkeys([effort, outcome, *held]))]
    x = x.assign(**{f"trend {power}": time**power for power in range(1, powers + 1)})
    seen = (after.notna() & x.notna().all(axis=1)).to_numpy()
    if seen.sum() < 2 * (x.shape[1] + 1):
        return None
    return over_time(after[seen], x[seen]).get(effort)


def effects(log: Community) -> dict[str, Estimate]:
    """The estimates of (f): elasticities, and differences of shares."""
    months, quarters = panel(log, MONTH), panel(log, QUARTER)
    estimates = {f"effort_{name}": lead(months, "staff_replies", key, 3) for name, key in NEXT.items()}
    for name in ("exchanges", "actives"):
        estimates[f"openings_{name}"] = lead(months, "staff_openings", name, 3)
    for name in ("exchanges", "actives", "back"):
        estimates[f"quarter_{name}"] = lead(quarters, "staff_replies", name, 2)
    estimates["reverse_actives"] = lead(months, "actives", "staff_replies", 3, ())
    return {name: estimate for name, estimate in estimates.items() if estimate is not None}
