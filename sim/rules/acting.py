"""Acting: what the company makes of what it has heard, and when customers come to feel it (ODD, 7.14; M12)."""

import math

from sim.compiled.draws import Rule, day_key, uniform
from sim.compiled.kernel import kernel, left_after
from sim.state.flows import Flow
from sim.state.table import move

LISTENING = int(Rule.LISTENING)
IDEAS, ACTED = int(Flow.IDEAS), int(Flow.ACTED)


@kernel
def remember(today, state, values, out):
    """Begin the company's day: its money comes in, and what it remembers fades (the feed with adstock's half-life)."""
    company = state.company
    fading = left_after(1.0 / values.receiving.adstock_half_life)
    company.adstock *= fading
    company.practical *= fading
    company.practical_staff *= fading
    company.feed *= fading
    company.promotions *= fading
    company.awards *= fading
    company.stories *= left_after(1.0 / values.joining.stories_half_life)
    company.money += values.budget.money_per_week / 7.0


@kernel
def improve(today, state, values, out):
    """Grow by acting, let experience drift back and finished changes take effect; neglected insight costs trust."""
    company, p = state.company, values.listening
    if company.acted:
        growth = math.log(2.0) / p.capability_doubling
        company.capability += growth * company.capability * (1.0 - company.capability)
        company.acted = 0
    for k in range(company.experience.size):
        company.experience[k] += p.drift * (p.experience - company.experience[k])
    finish(today, state, p)
    forget(today, state, p)


@kernel
def finish(today, state, p):
    """Let the changes that are due take effect: who asked for one is told. The others stay, in their order."""
    m, works, company = state.members, state.works, state.company
    kept = 0
    for w in range(state.now.works):
        if works.due[w] > today.day:
            move(works, w, works, kept)
            kept += 1
            continue
        at, i = works.touchpoint[w], works.member[w]
        company.experience[at] += works.gain[w] * (1.0 - company.experience[at])
        if i >= 0:
            m.belonging[i] += p.told * (1.0 - m.belonging[i])
            m.trust[i] += p.told * (1.0 - m.trust[i])
    state.now.works = kept


@kernel
def forget(today, state, p):
    """Drop insights that nobody has acted on for long: whoever they came from loses trust."""
    m, insights = state.members, state.insights
    dropped = 0
    while dropped < state.now.insights and today.day - insights.day[dropped] >= p.ignored_days:
        i = insights.member[dropped]
        m.trust[i] = max(0.0, m.trust[i] - p.ignored)
        dropped += 1
    if dropped > 0:
        for k in range(dropped, state.now.insights):
            move(insights, k, insights, k - dropped)
        state.now.insights -= dropped


@kernel
def most_wanted(state):
    """The touchpoint with most insights, the first of equals."""
    best = most = 0
    for touchpoint in range(state.company.experience.size):
        count = 0
        for k in range(state.now.insights):
            count += state.insights.touchpoint[k] == touchpoint
        if count > most:
            best, most = touchpoint, count
    return best


@kernel
def take_up(state, touchpoint):
    """Take the oldest insight about `touchpoint` off the list; the row of the member that it comes from."""
    insights, k = state.insights, 0
    while insights.touchpoint[k] != touchpoint:
        k += 1
    member = insights.member[k]
    for later in range(k + 1, state.now.insights):
        move(insights, later, insights, later - 1)
    state.now.insights -= 1
    return member


@kernel
def change_something(today, state, values, out, number):
    """Change the touchpoint with most insights, or blindly where there is none (a change that few asked for).

    `number` names the change in draws: one of its own for each change of a day.
    """
    company, works, p = state.company, state.works, values.listening
    key = day_key(today.seed, LISTENING, today.day)
    gain = p.improvement * company.capability
    if values.switches.loop and state.now.insights > 0:
        touchpoint = most_wanted(state)
        member = take_up(state, touchpoint)
        if uniform(key, number, 1) < p.accepted:
            out.flows[IDEAS] += 1
    else:
        touchpoint = int(uniform(key, number, 0) * company.experience.size)
        member = -1
        gain *= p.blind
    lags = (p.lag_product, p.lag_marketing, p.lag_service, p.lag_sales)
    at = state.now.works
    works.due[at] = today.day + lags[touchpoint]
    works.touchpoint[at] = touchpoint
    works.gain[at] = gain
    works.member[at] = member
    state.now.works = at + 1
    company.acted = 1
    out.flows[ACTED] += 1
