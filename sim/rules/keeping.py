"""Keeping norms: what is usual and what is approved decide who breaks one (ODD, 7.11; M6).

Norms are learnt by example in two phases, fast at first; breaches are seen, resented and sanctioned by peers who know
the one who broke it. What staff do about breaches is in sim/people.py (moderate), writing a norm down in `codify`.
"""

from sim.flows import Flow
from sim.kernel import kernel, left_after, sig
from sim.members import Stage

LEFT = int(Stage.LEFT)
CODIFIED = int(Flow.CODIFIED)


@kernel
def breach_chance(temptation, manners, usual, visible, sanctioned, p):
    """Chance to break a norm, given the occasion; `usual`: believed share of keeping, `sanctioned`: of breaches."""
    return sig(temptation + manners - p.descriptive * (2.0 * usual - 1.0) - p.rule * visible - p.sanction * sanctioned)


@kernel
def sanctioned_share(sanctions, breaches):
    """Share of remembered breaches that were sanctioned, 0 where nothing happened."""
    return min(1.0, sanctions / breaches) if breaches > 0.0 else 0.0


@kernel
def learning(tenure, status, p):
    """How far one example by somebody of `status` moves what a member of `tenure` days believes, 0-1."""
    rate = p.learning_early if tenure < p.early_days else p.learning_late
    return min(1.0, rate * (1.0 + (p.status_weight - 1.0) * status))


@kernel
def learnt(usual, kept, tenure, status, p):
    """The believed share of keeping after one more example (`kept`: 1 or 0) by somebody of `status`."""
    return usual + learning(tenure, status, p) * (kept - usual)


@kernel
def fade_sanctions(norms, half_life):
    """Let remembered sanctions and breaches fade by a day."""
    for b in range(norms.breach.size):
        norms.sanctions[b] *= left_after(1.0 / half_life)
        norms.breaches[b] *= left_after(1.0 / half_life)


@kernel
def codify(day, m, norms, p, holding, flows):
    """Write down each norm that enough active members have held for long enough; `holding`: by norm, overwritten."""
    active = 0
    holding[:] = 0
    for i in range(m.key.size):
        if m.stage[i] != LEFT and day - m.last_visit[i] < p.active_days:
            active += 1
            for b in range(holding.size):
                if m.norms[i, b] >= p.codify_level:
                    holding[b] += 1
    for b in range(holding.size):
        if active > 0 and holding[b] >= p.codify_share * active:
            norms.held_days[b] += 1
        else:
            norms.held_days[b] = 0
        if norms.visible[b] == 0 and norms.held_days[b] >= p.codify_days:
            norms.visible[b] = 1
            flows[CODIFIED] += 1
