"""What an hour of moderating does: calm heated threads, judge posts (ODD, 7.5; M6, M8, M11)."""

from sim.compiled.kernel import kernel
from sim.rules.responding import talk_it_out
from sim.state.flows import Flow
from sim.state.members import NOBODY, Stage
from sim.state.norms import Breach
from sim.state.team import Activity
from sim.team.desk import draw, hand_out, open_list, workable

LEFT, HOSTILE, MODERATE = int(Stage.LEFT), int(Breach.HOSTILE), int(Activity.MODERATE)
SANCTIONS, FALSE_SANCTIONS, MEDIATED = int(Flow.SANCTIONS), int(Flow.FALSE_SANCTIONS), int(Flow.MEDIATED)


@kernel
def list_unchecked(state, values):
    """List open posts to look at: heated threads, then those that the team has not looked at, the newest first."""
    now, posts = state.now, state.posts
    open_list(state, MODERATE)
    most = workable(state, values, MODERATE)
    for heated in (True, False):
        for at in range(now.next - now.start - 1, now.oldest - now.start - 1, -1):
            hot = posts.heat[at] >= values.conflict.heated
            wanted = hot == heated and (heated or posts.checked[at] == 0)
            if now.listed < most and wanted and posts.hidden[at] == 0:
                state.lists.who[now.listed] = at
                now.listed += 1


@kernel
def moderate(today, state, values, out, p):
    """Look at one post: a heated thread first, else the newest one that nobody of the team has looked at."""
    if state.now.listing != MODERATE:
        list_unchecked(state, values)
    at = hand_out(state)
    if at < 0:
        return False
    state.posts.checked[at] = 1
    if state.posts.heat[at] >= values.conflict.heated:
        calm(today, state, values, out, p, at)
    else:
        judge(today, state, values, out, p, at)
    return True


@kernel
def calm(today, state, values, out, p, at):
    """Mediate a heated thread, so that those who fell out in it talk, or lock it without a word.

    Either way who was hostile in it has been sanctioned.
    """
    posts, norms = state.posts, state.norms
    attacker, target = posts.attacker[at], posts.target[at]
    posts.heat[at] = 0.0
    posts.attacker[at] = NOBODY
    posts.target[at] = NOBODY
    explained = draw(state, p) < values.strategy.explain
    if not explained:
        posts.hidden[at] = 1
        out.flows[SANCTIONS] += 1
    if attacker < 0:
        return
    if values.switches.norms:
        teach(state.members, values.keeping, attacker, explained)
        for b in range(norms.breach.size):
            if norms.breach[b] == HOSTILE:
                norms.sanctions[b] += 1.0
    if explained:
        mediate(today, state, values, out, attacker, target)


@kernel
def teach(m, p, i, explained):
    """Let a sanction teach member i if it comes with a reason, else hurt."""
    if explained:
        m.manners[i] -= p.lesson
    else:
        m.hurt[i] += p.unexplained


@kernel
def mediate(today, state, values, out, attacker, target):
    """Bring two members who fell out to talk; nothing but their own messages mends the tie."""
    stage = state.members.stage
    if attacker < 0 or not values.switches.exchange or stage[attacker] == LEFT or stage[target] == LEFT:
        return
    talk_it_out(today, state, values, out, attacker, target)
    out.flows[MEDIATED] += 1


@kernel
def judge(today, state, values, out, p, at):
    """Remove a post that breaks a norm the team enforces, or, by mistake, one that does not."""
    m, posts, norms = state.members, state.posts, state.norms
    keeping, strategy, i = values.keeping, values.strategy, posts.author[at]
    u, explained = draw(state, p), draw(state, p) < strategy.explain
    if not values.switches.norms or i < 0:
        return
    shown, broken = (
        False,
        -1,
    )  # whether a norm that staff enforce was broken in the thread; the first that the post breaks
    for b in range(norms.breach.size - 1, -1, -1):
        if norms.by_staff[b] and (posts.breach[at] | posts.conduct[at]) >> b & 1:
            shown = True
            broken = b if posts.breach[at] >> b & 1 else broken
    if broken >= 0 and u < strategy.strictness * (1.0 - norms.tolerance[broken]):
        norms.sanctions[broken] += 1.0
        teach(m, keeping, i, explained)
    elif not shown and u < strategy.strictness * keeping.false_positive:
        new = today.day - m.joined[i] <= values.reading.newcomer_days
        m.hurt[i] += keeping.unexplained * (keeping.newcomer_hurt if new else 1.0)
        out.flows[FALSE_SANCTIONS] += 1
    else:
        return
    posts.hidden[at] = 1
    out.flows[SANCTIONS] += 1
