"""What the team does (ODD 7.5, *Actions*). Each action says whether it found something to do."""

from __future__ import annotations

from tests.reference import draws
from tests.reference.draws import Luck
from tests.reference.groups import talk
from tests.reference.helpers import ANNOUNCEMENT, NOBODY, PRACTICAL, PROMPT, QUESTION, STORY, of_team, sig, toward
from tests.reference.member import Member
from tests.reference.parts import Post
from tests.reference.team import Person, handed_out


def welcome(person: Person) -> bool:
    """Speak to somebody new."""
    member = handed_out(person.model, "welcome")
    if member is None:
        return False
    person.speak(member, "welcome", person.model.p.staffing.welcome)
    return True


def connect(person: Person) -> bool:
    """Introduce two members who fit."""
    model = person.model
    i = handed_out(model, "connect")
    if i is None:
        return False
    recent = model.recent
    drawn = [recent[int(person.draw() * len(recent))] for _ in range(min(model.p.staffing.shortlist, len(recent)))]
    others = sorted({j.row for j in drawn} - {i.row})
    if not others:
        return False
    j = max((model.members[row] for row in others), key=lambda j: fitting(i, j))
    for one, two in ((i, j), (j, i)):
        one.introduced, one.introduced_day = two.row, model.day
    model.count("introductions")
    return True


def fitting(i: Member, j: Member) -> float:
    """How well the team thinks that j fits i."""
    score = 0.0
    if i.known and j.known:
        score = (j.topic == i.topic) + i.model.p.members.secondary_topic * (j.second == i.topic)
    return score - (i.tie_to(j) is not None)


def host(person: Person) -> bool:
    """Open a gathering; members meet there later (7.8)."""
    person.model.gatherings += 1
    return True


def answer(person: Person) -> bool:
    """Answer a question that waits."""
    model = person.model
    post = handed_out(model, "answer")
    if post is None:
        return False
    chance = sig(model.p.reading.solve_slope * (model.p.staffing.skill - post.difficulty))
    if post.solver == NOBODY and person.draw() < chance:
        post.solver = person.name_as_author
    author = model.members[post.author]
    person.talk[post.topic] += 1.0
    person.be_present(author)
    person.speak(author, "answer", 1.0, post)
    person.take_part(post)
    return True


def moderate(person: Person) -> bool:
    """Look at a post: calm a heated thread, judge another."""
    model = person.model
    post = handed_out(model, "moderate")
    if post is None:
        return False
    post.checked = 1
    if post.heat >= model.p.conflict.heated:
        calm(person, post)
    else:
        judge(person, post)
    return True


def calm(person: Person, post: Post):
    """End a quarrel: by mediation, or by locking the thread."""
    model = person.model
    post.heat = 0.0
    a, t = post.attacker, post.target
    post.attacker = post.target = NOBODY
    explained = person.draw() < model.p.strategy.explain
    if not explained:
        post.hidden = 1
        model.count("sanctions")
    if a == NOBODY:
        return
    if model.p.switches.norms:
        teach(model.members[a], explained)
        for norm in model.norms_of("hostile"):
            norm.sanctions += 1.0
    if explained:
        mediate(model, model.members[a], model.members[t])


def teach(member: Member, explained: bool):
    """A sanction by the team: a lesson if explained, else it hurts."""
    k = member.model.p.keeping
    if explained:
        member.manners -= k.lesson
    else:
        member.hurt += k.unexplained


def mediate(model, a: Member, t: Member):
    """Those who fell out talk it out."""
    if not model.p.switches.exchange or a.left or t.left:
        return
    depth = model.p.ties.social * model.channel_of("moderate").depth
    for _ in range(model.p.conflict.talks):
        talk(a, t, depth, model.p.staffing.start_of_work)
    model.count("mediated")


def judge(person: Person, post: Post):
    """Remove a post in which its author broke a norm, or that looks so."""
    model, k, strategy = person.model, person.model.p.keeping, person.model.p.strategy
    seen = [norm for norm in model.norms if post.broken(norm.number) and norm.by_staff]
    broken = [norm for norm in seen if post.breach >> norm.number & 1]
    x = person.draw()
    reason = person.draw() < strategy.explain
    if not model.p.switches.norms or of_team(post.author):
        return
    author = model.members[post.author]
    if broken and x < strategy.strictness * (1.0 - broken[0].tolerance):
        broken[0].sanctions += 1.0
        teach(author, reason)
    elif not seen and x < strategy.strictness * k.false_positive:
        author.hurt += k.unexplained * (k.newcomer_hurt if author.is_new() else 1.0)
        model.count("false_sanctions")
    else:
        return
    post.hidden = 1
    model.count("sanctions")


def recognise(person: Person) -> bool:
    """Award somebody; the more awards lately, the less each is worth."""
    model, f = person.model, person.model.p.feeling
    member = handed_out(model, "recognise")
    if member is None:
        return False
    allowed = f.award_inflation * max(1, len(model.current()))
    worth = min(1.0, allowed / (model.company.awards + 1.0)) * max(0.0, 2.0 * earned(member) - 1.0)
    member.status = toward(member.status, f.status_award * worth)
    member.passion += f.win * worth
    model.company.awards += 1.0
    person.speak(member, "recognise", model.p.staffing.thanks)
    return True


def earned(member: Member) -> float:
    """How well an award is earned: the share of the member's peers who are less active."""
    model = member.model
    peers = [
        j
        for j in model.recent
        if j is not member
        and model.day - j.last_written <= model.p.staffing.peer_days
        and j.is_new() == member.is_new()
    ]
    return sum(j.activity < member.activity for j in peers) / len(peers) if peers else 1.0


def listen(person: Person) -> bool:
    """Read what members write, and gather insights."""
    model, g = person.model, person.model.p.listening
    n = model.next - model.oldest
    if n == 0:
        return False
    for _ in range(min(g.sample, n)):
        look, heard, wrong, where = (person.draw() for _ in range(4))
        post = model.post(model.oldest + int(look * n))
        if of_team(post.author) or model.members[post.author].left:
            continue
        author = model.members[post.author]
        person.talk[post.topic] += 1.0
        author.known = 1
        if model.p.switches.loop and post.kind in (QUESTION, STORY) and heard < g.insight:
            touchpoint = int(where * 4) if wrong < g.noise else author.touchpoint
            model.company.backlog.append((touchpoint, author.row, model.day))
            model.count("insights")
    return True


def publish(person: Person) -> bool:
    """Send a company message, on the brand's line or on what members talk about."""
    model = person.model
    if model.gatherings and not (model.p.switches.friction and "community" not in person.hats):
        return False
    brand = person.draw() < model.p.strategy.brand_line
    if brand:
        luck = Luck(draws.key(model.luck_seed, draws.PLANNING, 0), 0)
        topic = int(luck(0) * model.p.community.topics)
    else:
        topic = person.known_topic()
    model.company.send("publish", topic, int(brand), 0, 1.0)
    if person.draw() < model.p.strategy.announced:
        open_thread(person, topic, ANNOUNCEMENT)
    return True


def amplify(person: Person) -> bool:
    """Pass on a customer's story."""
    model = person.model
    post = model.company.next_story() if model.p.switches.stories else None
    if post is None:
        return False
    post.uses += 1
    novelty = model.p.telling.worn ** max(0, post.uses - model.p.telling.fresh_reuses)
    model.company.send("amplify", post.topic, 0, 1, novelty)
    model.count("amplified")
    return True


def prompt(person: Person) -> bool:
    """Open a thread for members to talk in."""
    open_thread(person, person.known_topic(), PROMPT)
    return True


def open_thread(person: Person, topic: int, kind: int):
    """A thread of the team, which all of today's visitors can see."""
    model, name = person.model, person.name_as_author
    post = model.add_post(author=name, hour=0.0, topic=topic, kind=kind)
    model.record(post.opened, name, name, "announcement" if kind == ANNOUNCEMENT else "topic", post)
    model.company.feed += 1.0
    model.count("staff_messages")


def respond(person: Person) -> bool:
    """Answer who waits for the team in a thread, or respond to a thread of yesterday that nobody has."""
    model = person.model
    post = handed_out(model, "respond")
    if post is None:
        return False
    member = model.members[post.author if post.waits == NOBODY else post.waits]
    person.talk[post.topic] += 1.0
    if post.kind in (PRACTICAL, QUESTION):
        person.be_present(member)
    person.speak(member, "respond", 1.0, post)
    person.take_part(post)
    if model.p.strategy.ask_stories and member.wins > 0:
        member.invited = 1
    return True


def act(person: Person) -> bool:
    """Change something at the company (7.14)."""
    person.model.company.act(person.number * 1000 + person.acts)
    person.acts += 1
    return True


ACTIONS = {
    action.__name__: action
    for action in (welcome, connect, host, answer, moderate, recognise, listen, publish, amplify, prompt, respond, act)
}
