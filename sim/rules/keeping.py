"""Keeping norms: what is usual and what is approved decide who breaks one (ODD, 7.12; M6).

Norms are learnt by example in two phases, fast at first; breaches are seen, resented and sanctioned by peers who know
the one who broke it. What staff do about breaches is in sim/team/moderating.py, writing a norm down in `codify`.
"""

from sim.compiled.kernel import kernel, left_after
from sim.state.flows import Flow
from sim.state.members import Stage
from sim.state.team import Activity

LEFT = int(Stage.LEFT)
CODIFIED = int(Flow.CODIFIED)
HOST, MODERATE = int(Activity.HOST), int(Activity.MODERATE)


@kernel
def sanctioned_share(sanctions, breaches):
    """Share of remembered breaches that were sanctioned, 0 where nothing happened."""
    return min(1.0, sanctions / breaches) if breaches > 0.0 else 0.0


@kernel
def restraint(norms, b, usual, p):
    """What keeps a member from breaking norm b, logit; `usual`: the share of keeping that it believes in."""
    sanctioned = sanctioned_share(norms.sanctions[b], norms.breaches[b])
    return p.descriptive * (2.0 * usual - 1.0) + p.rule * norms.visible[b] + p.sanction * sanctioned


@kernel
def learning(tenure, status, p):
    """How far one example by somebody of `status` moves what a member of `tenure` days believes, 0-1."""
    rate = p.learning_early if tenure < p.early_days else p.learning_late
    return min(1.0, rate * (1.0 + (p.status_weight - 1.0) * status))


@kernel
def learnt(usual, kept, rate):
    """The believed share of keeping after one more example (`kept`: 1 or 0), of which `rate` is learnt."""
    return usual + rate * (kept - usual)


@kernel
def keep_norms(today, state, values, out):
    """Let remembered sanctions and breaches fade by a day; then the team may write down what members hold."""
    if not values.switches.norms:
        return
    norms, acts = state.norms, values.activities
    fading = left_after(1.0 / values.keeping.sanction_half_life)
    for b in range(norms.breach.size):
        norms.sanctions[b] *= fading
        norms.breaches[b] *= fading
    if values.strategy.codify and (acts[HOST].hours + acts[MODERATE].hours) * values.budget.hours_per_week > 0.0:
        codify(today, state, values, out)


@kernel
def codify(today, state, values, out):
    """Write down each norm that enough active members have held for long enough."""
    m, norms, p = state.members, state.norms, values.keeping
    holding = state.scratch[0]
    holding[: norms.breach.size] = 0
    active = 0
    for i in range(state.now.members):
        if m.stage[i] != LEFT and today.day - m.last_visit[i] < p.active_days:
            active += 1
            for b in range(norms.breach.size):
                if state.beliefs[i, b] >= p.codify_level:
                    holding[b] += 1
    for b in range(norms.breach.size):
        if active > 0 and holding[b] >= p.codify_share * active:
            norms.held_days[b] += 1
        else:
            norms.held_days[b] = 0
        if norms.visible[b] == 0 and norms.held_days[b] >= p.codify_days:
            norms.visible[b] = 1
            out.flows[CODIFIED] += 1
