"""Numbers and differences as people read them; the same words on screen, in the report and in figures."""

from __future__ import annotations

import math
import re

BARE = ("0-1", "0 or more", "ratio", "logit", "index")  # units that add nothing where a number stands in a sentence


def number(value: float | None, step: float | None = None) -> str:
    """A number with about three significant digits and thousands separated; a true minus sign.

    With `step`, the size of what is uncertain about it, as many digits as show a difference of that size.

    >>> number(12345.6), number(0.01234), number(-3.14159), number(0.0), number(0.24012, step=0.0004)
    ('12,346', '0.0123', '−3.14', '0', '0.2401')
    """
    if value is None or not math.isfinite(value):
        return "unknown"
    size = abs(value)
    if size == 0 or (step is None and size < 1e15 and float(size).is_integer()):
        return f"{value:,.0f}".replace("-", "−") if size else "0"
    if size < 0.0005 and not step:
        return f"{value:.1e}".replace("-", "−")
    decimals = 0 if size >= 100 else max(2 - math.floor(math.log10(size)), 0)
    if step:
        decimals = max(min(decimals, 3 if size < 1 else decimals), min(-math.floor(math.log10(step / 2)), 6), 0)
    text = f"{size:,.{decimals}f}"
    return f"−{text}" if value < 0 and float(text.replace(",", "")) else text


def signed(value: float | None, step: float | None = None) -> str:
    """A number that says whether it is a gain or a loss."""
    text = number(value, step)
    return f"+{text}" if value is not None and math.isfinite(value) and value > 0 else text


def plain_number(value: float, sign: bool = False) -> str:
    """A number with two digits that say something, or all before the point, k and M for thousands and millions.

    `unknown` where it is not known.

    >>> plain_number(-12.345), plain_number(0.0123, sign=True), plain_number(1234.5), plain_number(23456.0)
    ('−12', '+0.012', '1.2k', '23k')
    """
    if not math.isfinite(value):
        return "unknown"
    size = abs(value)
    if size < 0.0005:
        return "0"
    unit, size = ("M", size / 1e6) if size >= 1e6 else ("k", size / 1e3) if size >= 1e3 else ("", size)
    digits = 0 if size >= 9.5 else max(1 - math.floor(math.log10(size)), 0)
    text = f"{size:,.{digits}f}{unit}"
    return ("−" if value < 0 else "+" if sign else "") + text


def in_currency(text: str, called: str) -> str:
    """A text about money in which the currency has its name.

    >>> in_currency("Currency a member and year", "EUR"), in_currency("people", "EUR")
    ('EUR a member and year', 'people')
    """
    return re.sub(r"\bcurrency\b", lambda _: called, text, flags=re.IGNORECASE)


def percent(share: float | None, sign: bool = False) -> str:
    """A share in per cent.

    >>> percent(0.5234, sign=True), percent(-0.004, sign=True), percent(0.0)
    ('+52 %', '−0.4 %', '0 %')
    """
    if share is None or not math.isfinite(share):
        return "unknown"
    size = abs(share) * 100
    text = f"{size:,.0f} %" if size >= 10 or size == 0 else f"{size:.1f} %"
    return ("−" if share < 0 else "+" if sign and share > 0 else "") + text


def amount(value: float | None, unit: str, step: float | None = None) -> str:
    """A number with its unit as it stands in a sentence; a share in per cent.

    >>> amount(0.4567, "share of members"), amount(12.0, "currency"), amount(0.5, "strength 0-1")
    ('45.7 % of members', '12 currency', '0.500')
    """
    if value is None or not math.isfinite(value):
        return "unknown"
    if unit.startswith("share"):
        return f"{value * 100:.1f} %{unit.removeprefix('share')}".replace("-", "−")
    return number(value, step) if not unit or any(bare in unit for bare in BARE) else f"{number(value, step)} {unit}"


def gap(mean: float, low: float, high: float, unit: str) -> str:
    """A difference with its 95 % interval, in the unit's own steps; shares in points of a per cent.

    >>> gap(0.08, 0.07, 0.09, "share")
    '+8.00 points (95 % interval +7.00 to +9.00)'
    """
    if unit.startswith("share"):
        half = (high - low) * 50
        texts = [signed(value * 100, min(max(half, 0.01), 0.5)) for value in (mean, low, high)]
        return f"{texts[0]} points (95 % interval {texts[1]} to {texts[2]})"
    half = (high - low) / 2
    texts = [signed(value, half if half > 0 else None) for value in (mean, low, high)]
    return f"{texts[0]} (95 % interval {texts[1]} to {texts[2]})"


def markdown(text: object) -> str:
    """A text as it stands in Markdown, in a cell of a table too: no link, no markup, no HTML, one line.

    >>> markdown("snake_case, 2 logs") == "snake_case, 2 logs"
    True
    """
    return re.sub(r"([\\`*\[\]<>|#$]|(?<!\w)_|_(?!\w))", r"\\\1", " ".join(str(text).split()))


def count(n: int, thing: str) -> str:
    """A number of things: `1 seed`, `20 seeds`."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def listed(words: list[str], last: str = "and") -> str:
    """Words in a row: `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}" if words else ""
