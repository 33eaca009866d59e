"""Texts out of templates that lie beside the code that fills them in: Markdown, scenario files, plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.pages.wording import markdown, number


def render(template: Path, filters: dict[str, Callable] | None = None, **values: Any) -> str:
    """A text out of a template, with numbers, dates and what else is given as filters; HTML is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(template.parent), autoescape=template.name.endswith(".html.j2"),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"number": number, "date": date, "markdown": markdown, "toml": toml} | (filters or {})
    return environment.get_template(template.name).render(values)


def toml(text: str) -> str:
    """A text in quotation marks, as it stands in a TOML file.

    >>> print(toml("one"))
    "one"
    """
    import tomli_w

    return tomli_w.dumps({"x": str(text)}).removeprefix("x = ").rstrip("\n")


def date(moment: float) -> str:
    """The day (UTC) of a moment in seconds since 1970."""
    return datetime.fromtimestamp(moment, UTC).date().isoformat()
