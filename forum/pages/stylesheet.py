"""One style sheet per edition: the site's own, with the edition's accent and track colours in it.

A content security policy without inline styles leaves no other place for colours that organisers
choose, and one sheet is one request less than two.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from coloraide import Color
from flask import current_app

from forum.editions.models import Edition
from forum.programme.models import Release

LIGHT_PAPER = "#fbf9f4"
DARK_PAPER = "#171e26"
"""The cards of a dark page, which are paler than what they lie on: what reads on them reads on both."""
TEXT_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3: text against its background."""
STRONG_CONTRAST = 7.0
"""What a dark page asks of its accent: at 4.5 a saturated colour still looks dull there."""

TrackColour = tuple[str, str]
_CODE_DIGEST = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
"""So that a sheet which browsers keep for ever gets a new name when these rules change."""


def with_contrast(colour: str, paper: str, ratio: float = TEXT_CONTRAST) -> str:
    """`colour` made as much darker or lighter, in OKLCH, as it needs to reach `ratio` against `paper`."""
    chosen = Color(colour).convert("oklch")
    step, end = (-0.01, 0.0) if Color(paper).luminance() > 0.4 else (0.01, 1.0)
    while Color(_hex(chosen)).contrast(paper, method="wcag21") < ratio and chosen["lightness"] != end:
        chosen["lightness"] = min(1.0, max(0.0, chosen["lightness"] + step))
    return _hex(chosen)


def on_colour(colour: str) -> str:
    """Black or white, whichever reads better on `colour`."""
    return max(("#ffffff", "#000000"), key=lambda ink: float(Color(colour).contrast(ink, method="wcag21")))


def _hex(colour: Color) -> str:
    return str(colour.convert("srgb").fit(method="clip").to_string(hex=True))


def _site_sheet() -> str:
    name: str = current_app.extensions["asset"]("site.css").rpartition("/")[2]
    target = Path(current_app.extensions["static_target"])
    return (target / name).read_text()


def _colours(accent: str, tracks: Sequence[TrackColour], paper: str) -> list[str]:
    on_paper = with_contrast(accent, paper, TEXT_CONTRAST if paper == LIGHT_PAPER else STRONG_CONTRAST)
    rules = [f":root{{--accent:{on_paper};--on-accent:{on_colour(on_paper)}}}"]
    rules += [f".t-{code}{{--track:{with_contrast(colour, paper)}}}" for code, colour in tracks]
    return rules


def _released(release: Release | None) -> list[TrackColour]:
    """Code and colour of the tracks that readers may know of."""
    return [(one["code"], one["colour"]) for one in release.timetable["tracks"]] if release else []


def edition_stylesheet(edition: Edition, release: Release | None) -> str:
    """The whole sheet: what the site has, then the edition's colours on light and on dark paper."""
    found = _released(release)
    light = "".join(_colours(edition.accent, found, LIGHT_PAPER))
    dark = "".join(_colours(edition.accent, found, DARK_PAPER))
    return f"{_site_sheet()}\n@layer edition{{{light}@media (prefers-color-scheme:dark){{{dark}}}}}\n"


def stylesheet_name(edition: Edition, release: Release | None) -> str:
    """Its file name, with a digest of all that goes into it."""
    parts = [
        _CODE_DIGEST,
        current_app.extensions["asset"]("site.css"),
        edition.accent,
        *(f"{code}{colour}" for code, colour in _released(release)),
    ]
    return f"{edition.slug}.{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:12]}.css"
