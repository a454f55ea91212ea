"""Every kind of page of the demo edition, by name, and where each is."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.site.server import Site

PLACES = {
    "site": "/{lang}/",
    "search": "/{lang}/?q=data",
    "edition": "/{lang}/{slug}/",
    "agenda": "/{lang}/{slug}/agenda",
    "filters": "/{lang}/{slug}/agenda?{filters}",
    "nothing": "/{lang}/{slug}/agenda?q=xyzzy",
    "session": "/{lang}/{slug}/sessions/{session}",
    "fallback": "/{lang}/{slug}/sessions/{foreign}",
    "moved": "/{lang}/{slug}/sessions/{moved}",
    "cancelled": "/{lang}/{slug}/sessions/{cancelled}",
    "speakers": "/{lang}/{slug}/speakers/",
    "speaker": "/{lang}/{slug}/speakers/{speaker}",
    "releases": "/{lang}/{slug}/releases/",
    "absent": "/{lang}/{slug}/sessions/NOBODY",
}
"""`filters` sets every filter and names a time zone that does not exist; `fallback` is a session in neither language
that the browser tests read; `absent` is the error page."""
ABSENT = "absent"
EVERY_LANGUAGE = {"en", "fr", "pt", "es", "ar", "sw"}


@dataclass(frozen=True)
class Demo:
    """A running site with the demo edition in it."""

    site: Site
    slug: str
    codes: Mapping[str, str]

    def path(self, place: str, lang: str) -> str:
        """The path of a kind of page in a language."""
        return PLACES[place].format(lang=lang, slug=self.slug, **self.codes)

    def url(self, place: str, lang: str) -> str:
        return self.site.address + self.path(place, lang)

    def status(self, place: str) -> int:
        """The status that this kind of page is answered with."""
        return 404 if place == ABSENT else 200


def demo_on(site: Site) -> Demo:
    """What the tests need to know of the demo edition on `site`, read from its own pages."""
    home = site.ask("/en/").text
    slug = re.findall(r'href="/en/(umoja-\d+)/"', home)[0]
    programme = json.loads(site.ask(f"/en/{slug}/agenda.json").body)
    return Demo(site, slug, _codes(programme))


def _codes(programme: Mapping[str, Any]) -> dict[str, str]:
    sessions = programme["sessions"]
    panel = next(one for one in sessions if set(one["title"]) == EVERY_LANGUAGE and len(one["people"]) > 3)
    foreign = next(one for one in sessions if one["title"].keys().isdisjoint({"en", "ar"}))
    cancelled = next(one for one in sessions if one["state"] == "cancelled")
    moved = next(one for one in sessions if "moved" in one["changes"])
    filters = {
        "q": panel["title"]["en"].split()[-1],
        "language": panel["language"],
        "tz": "Atlantis",
        **{name: panel[name] for name in ("day", "track", "room", "format")},
    }
    return {
        "session": panel["code"],
        "foreign": foreign["code"],
        "moved": moved["code"],
        "cancelled": cancelled["code"],
        "speaker": programme["speakers"][0]["code"],
        "filters": urlencode(filters),
    }
