"""What search engines read: schema.org Events as JSON-LD."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import url_for
from markupsafe import Markup

from forum.agenda.prose import summary
from forum.agenda.queries import Published
from forum.editions.models import Edition
from forum.i18n import Shown
from forum.language import absolute, page_language, shown


def _script(event: Mapping[str, Any]) -> Markup:
    """As the content of a script element: `<` escaped, so that no text can end the element."""
    return Markup(json.dumps(event, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704


def _location(edition: Edition) -> dict[str, Any]:
    venue = edition.venue
    if venue is None:
        return {"@type": "VirtualLocation", "url": absolute(url_for("agenda.home", slug=edition.slug))}
    address = {
        "@type": "PostalAddress",
        "addressLocality": shown(venue.city).text,
        "addressCountry": venue.country,
    }
    return {"@type": "Place", "name": shown(venue.name).text or shown(venue.city).text, "address": address}


def _edition(edition: Edition) -> dict[str, Any]:
    return {
        "@type": "Event",
        "name": shown(edition.name).text,
        "startDate": edition.starts_on.isoformat(),
        "endDate": edition.ends_on.isoformat(),
        "url": absolute(url_for("agenda.home", slug=edition.slug)),
        "location": _location(edition),
    }


def edition_event(edition: Edition) -> Markup:
    """The edition as an Event."""
    return _script(
        {
            "@context": "https://schema.org",
            **_edition(edition),
            "description": summary(shown(edition.description).text),
            "inLanguage": page_language(),
            "eventStatus": "https://schema.org/EventScheduled",
        }
    )


def session_event(edition: Edition, published: Published, entry: Mapping[str, Any], abstract: Shown) -> Markup:
    """A session as an Event within the edition, with its listed people."""
    status = "EventCancelled" if entry["state"] == "cancelled" else "EventScheduled"
    names = [published.name(entry["code"], code) for code, _role in entry["people"]]
    return _script(
        {
            "@context": "https://schema.org",
            "@type": "Event",
            "name": shown(entry["title"], entry["original"]).text,
            "description": summary(abstract.text),
            "startDate": datetime.fromisoformat(entry["starts_at"]).astimezone(edition.zone).isoformat(),
            "endDate": datetime.fromisoformat(entry["ends_at"]).astimezone(edition.zone).isoformat(),
            "eventStatus": f"https://schema.org/{status}",
            "inLanguage": entry["language"] or edition.main_language,
            "url": absolute(url_for("agenda.session", slug=edition.slug, code=entry["code"])),
            "location": _location(edition),
            "performer": [{"@type": "Person", "name": name} for name in names if name],
            "superEvent": _edition(edition),
        }
    )
