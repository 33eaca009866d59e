"""The brief as a PDF of one page of A4, by fpdf2: letters get smaller until all of it is on the page."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.ask.brief import Brief, Table

SIZES = (9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0, 5.5)  # of letters, points
WIDTH, MARGIN, GAP = 210.0, 13.0, 5.0  # mm
INK, QUIET, LINE, SHADE = (29, 42, 51), (85, 98, 107), (200, 206, 211), (238, 244, 248)
FONT = "DejaVu"


def of(brief: Brief) -> tuple[bytes, float]:
    """The PDF of a brief, and the size of its letters; in the smallest it may take a second page."""
    for size in SIZES:
        made = _made(brief, size)
        data = bytes(made.output()) if made.page_no() == 1 or size == SIZES[-1] else b""
        for font in made.fonts.values():
            font.ttfont.close()  # fpdf2 leaves the files open
        if data:
            break
    return data, size


def _made(brief: Brief, size: float) -> Any:
    """The document with letters of a size."""
    import matplotlib
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    pdf.add_font(FONT, "", fonts / "DejaVuSans.ttf")
    pdf.add_font(FONT, "B", fonts / "DejaVuSans-Bold.ttf")
    pdf.set_margin(MARGIN)
    pdf.set_auto_page_break(True, MARGIN)
    pdf.set_title(brief.title)
    pdf.set_lang("en")
    pdf.set_creation_date(datetime.datetime.strptime(brief.started, "%Y-%m-%d %H:%M:%S %z"))  # the same bytes again
    pdf.add_page()
    pdf.set_draw_color(*LINE)
    _text(pdf, brief.title, 1.7 * size, "B")
    _text(pdf, brief.under, size, colour=QUIET)
    pdf.ln(1)
    pdf.set_fill_color(*SHADE)
    for k, line in enumerate(brief.box):
        _text(pdf, line, 1.15 * size if k == 0 else size, "" if k else "B", fill=True)
    pdf.set_fill_color(255)
    for table in (brief.ahead, brief.worth):
        _table(pdf, table, size, WIDTH - 2 * MARGIN)
    _side_by_side(pdf, brief, size)
    for title, lines in brief.texts:
        _heading(pdf, title, size)
        _text(pdf, " ".join(lines), size)
    return pdf


def _text(
    pdf: Any, text: str, size: float, style: str = "", colour: tuple = INK, width: float = 0, **more: Any
) -> None:
    """A paragraph."""
    pdf.set_font(FONT, style, size)
    pdf.set_text_color(*colour)
    pdf.multi_cell(width, 0.46 * size, text.replace("`", ""), align="L", new_x="LMARGIN", new_y="NEXT", **more)


def _heading(pdf: Any, text: str, size: float) -> None:
    pdf.ln(0.2 * size)
    _text(pdf, text, 1.1 * size, "B")


def _table(pdf: Any, table: Table, size: float, width: float) -> None:
    """A table with its title and note, from the left."""
    from fpdf.fonts import FontFace

    _heading(pdf, table.title, size)
    pdf.set_font(FONT, "", 0.95 * size)
    bold = FontFace(emphasis="BOLD", fill_color=None)
    columns = list(zip(*([_half(name) for name in table.head], *table.rows), strict=True))
    widths = tuple(max(map(pdf.get_string_width, column)) + 0.6 * size for column in columns)
    with pdf.table(width=width, align="L", col_widths=widths, line_height=0.5 * size, headings_style=bold,
                   text_align=("LEFT", *["RIGHT"] * (len(columns) - 1)),
                   borders_layout="SINGLE_TOP_LINE") as made:  # fmt: skip
        for row in (table.head, *table.rows):
            made.row(row)
    if table.note:
        _text(pdf, table.note, 0.85 * size, colour=QUIET, width=width)


def _half(text: str) -> str:
    """What counts of a heading for the width of its column: it may be broken into two lines."""
    return text if len(text) < 12 else text[: 5 * len(text) // 8]


def _side_by_side(pdf: Any, brief: Brief, size: float) -> None:
    """The answers beside the picture, as far as there are any."""
    whole, top, end = WIDTH - 2 * MARGIN, pdf.get_y(), pdf.get_y()
    half = (whole - GAP) / 2
    if brief.picture:
        wide = half if brief.like else 0.6 * whole
        shown = pdf.image(io.BytesIO(brief.picture[0]), x=WIDTH - MARGIN - wide if brief.like else MARGIN, y=top + 1,
                          w=wide, alt_text=brief.picture[1])  # fmt: skip
        end = top + 1 + shown.rendered_height
        pdf.set_xy(MARGIN, top)
    if brief.like:
        _table(pdf, brief.like, size, half if brief.picture else whole)
    if pdf.page_no() == 1:
        pdf.set_xy(MARGIN, max(end, pdf.get_y()))
