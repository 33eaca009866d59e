"""What names tell: of roles, groups and titles, who is staff; of categories, tags and channels, what is opened there.

Whole names only, whatever is drawn around them: "📢 Announcements" and "announcements" are one name, and
"announcements-de" is another. Names are looked at and not kept.
"""

from __future__ import annotations

import re

from sim.logs.log import ANNOUNCEMENT, EVENT

STAFF = {"staff", "team", "employee", "employees", "owner", "owners", "admin", "admins", "administrator",
         "administrators", "mod", "mods", "moderator", "moderators", "community manager",
         "community managers"}  # fmt: skip
OPENED = dict.fromkeys(("announcement", "announcements", "news"), ANNOUNCEMENT) | dict.fromkeys(
    ("event", "events", "calendar", "contest", "contests"), EVENT
)
LETTERS = re.compile(r"[^\W\d_]+")


def plain(name: str) -> str:
    """A name without what is drawn around its words.

    >>> plain("📢-Announcements_2")
    'announcements'
    """
    return " ".join(LETTERS.findall(name.lower()))


def of_staff(*names: str) -> bool:
    """Whether one of these roles, groups or titles is one of staff."""
    return any(plain(name) in STAFF for name in names)


def opened_in(*names: str) -> str | None:
    """What is opened in a place of these names: an announcement, an event, or None: nothing that they tell."""
    return next((OPENED[plain(name)] for name in names if plain(name) in OPENED), None)
