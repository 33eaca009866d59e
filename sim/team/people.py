"""Staff and marketers as Mesa agents: each a view of its row of the team (ODD, 2.6 and 7.5).

What somebody does is a compiled act (facilitating, moderating, broadcasting). A subclass that overrides an act in
Python gets it called: the community then plans its day from Python, with the same draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import mesa
import numpy as np

from sim.scenario import ACTIVITIES
from sim.team import broadcasting, desk, facilitating, moderating, planning

if TYPE_CHECKING:
    from sim.community import Community


class Person(mesa.Agent):
    """Somebody of the team: wears hats, has minutes for each activity, and learns what members care about.

    Each act returns whether there was something to do; its cost in minutes and money is taken off afterwards.

    Attributes
    ----------
    number : int, its row in the team
    hats : tuple of str
    """

    model: Community

    def __init__(self, model: Community, number: int, name: str, hats: list[str]):
        super().__init__(model)
        self.number, self.name, self.hats = number, name, tuple(hats)

    @property
    def author(self) -> int:
        """How this person is named as the author of a post."""
        return desk.author(self.number)

    @property
    def talk(self) -> np.ndarray:
        """How often each topic was met in talk, fading: float64 (n_topics,), a view."""
        return self.model.state.talk[self.number]

    def _minutes(self, column: str) -> dict[str, float]:
        team = self.model.tables.rows["team"]
        mine = (team["weekly"][self.number] >= 0.0) | (team["spent"][self.number] > 0.0)
        return {name: float(team[column][self.number, k]) for k, name in enumerate(ACTIVITIES) if mine[k]}

    @property
    def minutes(self) -> dict[str, float]:
        """Minutes at hand, 0 or more, by activity."""
        return self._minutes("minutes")

    @property
    def spent(self) -> dict[str, float]:
        """Minutes spent since day 0, by activity."""
        return self._minutes("spent")

    @property
    def weekly(self) -> dict[str, float]:
        """Minutes a week that its hats bring it, by activity."""
        return {name: minutes for name, minutes in self._minutes("weekly").items() if minutes >= 0.0}

    def draw(self) -> float:
        """The next draw of this person for what it is doing today, in [0, 1)."""
        return desk.draw(self.model.state, self.number)

    def work(self, activity: str) -> None:
        """Spend today's minutes for `activity`, act by act, while there is something to do and money for it."""
        state, values, place = self.model.state, self.model.values, ACTIVITIES.index(activity)
        planning.take_on(state, self.number, place)
        while planning.affords(state, values, self.number, place) and getattr(self, activity)():
            planning.spend(self.model.state, values, self.number, place)

    def speak_to(self, i: int, practical: bool = False, thread: int = -1, heard: float = 1.0) -> None:
        """Address the member in row `i`, in the thread with that serial number or apart (-1); it may answer.

        `heard`: how much it counts among the replies that encourage.
        """
        if practical:
            desk.be_present(self.model.state, self.model.values, i)
        self.model.make_room()
        desk.speak_to(*self.model.given, self.number, i, heard, thread)

    def send(self, topic: int, promotion: float = 0.0, novelty: float = 1.0) -> None:
        """Send a message of the company on the channel of what it is doing; `promotion`: 1, 0, or -1 for a story."""
        desk.send(*self.model.given, self.number, topic, promotion, novelty)

    def welcome(self) -> bool:
        """Write to a newcomer to whom the team has never spoken."""
        return facilitating.welcome(*self.model.given, self.number)

    def connect(self) -> bool:
        """Introduce two members to each other who care about the same, as far as the team knows them."""
        return facilitating.connect(*self.model.given, self.number)

    def host(self) -> bool:
        """Open a gathering today."""
        return facilitating.host(*self.model.given, self.number)

    def answer(self) -> bool:
        """Answer the oldest question that nobody has solved and the team has not answered."""
        return facilitating.answer(*self.model.given, self.number)

    def moderate(self) -> bool:
        """Look at one post: a heated thread first, else the newest one that nobody of the team has looked at."""
        return moderating.moderate(*self.model.given, self.number)

    def recognise(self) -> bool:
        """Thank in public: newcomers who have written, and those who help, in turn."""
        return facilitating.recognise(*self.model.given, self.number)

    def listen(self) -> bool:
        """Read recent posts: learn what is talked about and by whom, and gather insights."""
        return facilitating.listen(*self.model.given, self.number)

    def publish(self) -> bool:
        """Send a message of the company: the brand line, or something on what members are known to talk about."""
        return broadcasting.publish(*self.model.given, self.number)

    def amplify(self) -> bool:
        """Pass on a customer's story, the least worn one in sight."""
        return broadcasting.amplify(*self.model.given, self.number)

    def prompt(self) -> bool:
        """Open a thread for members, on what they are known to talk about."""
        return broadcasting.prompt(*self.model.given, self.number)

    def respond(self) -> bool:
        """Answer who waits for it in a thread, or a post of yesterday without a reply; it may ask for a story."""
        return broadcasting.respond(*self.model.given, self.number)

    def act(self) -> bool:
        """Change something for customers, on the insight most shared or blindly."""
        return planning.act(*self.model.given, self.number)


class Staff(Person):
    """Community, service and product people of the company."""


class Marketer(Person):
    """A social marketer; a brilliant one wears the community hat too."""
