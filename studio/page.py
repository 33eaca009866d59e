"""The page as files: what is built from `web/` into `static/`, and the one file that plays a run by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parent / "static"


def standalone(recording: dict[str, Any]) -> str:
    """The page with style, script and a recorded run inside it: opens from disk, without any request."""
    html = (STATIC / "index.html").read_text(encoding="utf-8")
    style = (STATIC / "app.css").read_text(encoding="utf-8")
    script = (STATIC / "app.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
    data = json.dumps(recording, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
    for old, new in (
        ('<link rel="stylesheet" href="static/app.css" />', f"<style>{style}</style>"),
        ('<link rel="icon" href="static/icon.svg" />', '<link rel="icon" href="data:," />'),
        (
            '<script type="module" src="static/app.js"></script>',
            f'<script type="application/json" id="recording">{data}</script>\n<script type="module">{script}</script>',
        ),
    ):
        if old not in html:
            raise RuntimeError(f"the built page has no {old!r}: build it again (studio/web)")
        html = html.replace(old, new)
    return html
