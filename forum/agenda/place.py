"""Where an edition meets, in words."""

from flask_babel import gettext
from markupsafe import Markup, escape

from forum.editions.models import Edition
from forum.language import marked


def place_text(edition: Edition, online: bool) -> Markup:
    """Where an edition meets, for a line under its name; empty where nothing is known."""
    city = marked(edition.venue.city) if edition.venue else Markup("")
    if city and online:
        return escape(gettext("%(city)s and online", city="{city}")).format(city=city)
    return city or escape(gettext("online") if online else "")
