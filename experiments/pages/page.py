"""HTML pages: one file each, with everything in it and nothing fetched, out of a template and pictures."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.pages.figures import png
from experiments.pages.wording import number, percent, signed
from experiments.runs import files

TEMPLATES = Path(__file__).resolve().parent / "templates"


@dataclass(frozen=True)
class Picture:
    """A figure for a page: file name without ending, alternative text, PNG."""

    name: str
    alt: str
    data: bytes

    @classmethod
    def of(cls, name: str, alt: str, figure: Any) -> Picture:
        """A matplotlib Figure as a picture."""
        return cls(name, alt, png(figure))

    @property
    def inline(self) -> str:
        """The picture as a data address."""
        return "data:image/png;base64," + base64.b64encode(self.data).decode()


def letters(value: Any) -> str:
    """A value as it stands in a scenario file, without the quotation marks of words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def cell(value: Any) -> str:
    """A cell of a table: a number as people read it, or a word."""
    return number(value) if isinstance(value, int | float) else str(value)


def render(template: str, filters: dict[str, Callable] | None = None, **values: Any) -> str:
    """A page out of a template in `templates/`, with numbers, words and what else is given as filters."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    world = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    world.filters |= {"number": number, "signed": signed, "percent": percent, "letters": letters, "cell": cell}
    world.filters |= filters or {}
    return world.get_template(f"{template}.html.j2").render(**values)


def write(folder: Path, name: str, html: str, pictures: Iterable[Picture], tables: dict[str, Any]) -> None:
    """Write a page with its pictures and tables beside it: figures/*.png, tables/*.csv, and the page last."""
    for picture in pictures:
        files.write_bytes(folder / "figures" / f"{files.file_name(picture.name)}.png", picture.data)
    for table, rows in tables.items():
        files.write_csv(folder / "tables" / f"{files.file_name(table)}.csv", rows)
    files.write_text(folder / name, html)
