"""The releases of a programme as an Atom feed (RFC 4287): one entry each, with what changed in words."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from babel.dates import format_datetime
from flask_babel import gettext
from markupsafe import Markup

from forum.agenda.addresses import Addresses
from forum.agenda.changes import ChangeGroup, change_groups
from forum.agenda.plain import one_line, writable
from forum.editions.models import Edition
from forum.i18n import Shown, locale_of
from forum.programme.models import Release
from forum.programme.parsed import OWN_GENERATOR

ATOM = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"


def releases_feed(
    *, edition: Edition, releases: Sequence[Release], originals: Mapping[str, str], language: str, addresses: Addresses
) -> bytes:
    """Every release as an entry, in the order given, which is the newest first. There must be one.

    `originals`: by session code, the language its title was written in.
    """
    feed = Element("feed", {"xmlns": ATOM, f"{{{XML}}}lang": language})
    _text(feed, "id", _urn(edition, f"releases/{language}"))
    _text(feed, "title", gettext("%(edition)s: changes to the programme", edition=edition.name.shown(language).text))
    _text(feed, "updated", _moment(max(one.published_at for one in releases)))
    SubElement(feed, "link", rel="self", type="application/atom+xml", href=addresses.feed("releases.atom"))
    SubElement(feed, "link", rel="alternate", type="text/html", hreflang=language, href=addresses.releases)
    _text(SubElement(feed, "author"), "name", edition.forum.name.shown(language).text)
    SubElement(feed, "generator").text = OWN_GENERATOR
    for release in releases:
        _entry(feed, edition, release, change_groups(release.changes, language, originals), language, addresses)
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def _entry(
    feed: Element,
    edition: Edition,
    release: Release,
    groups: Sequence[ChangeGroup],
    language: str,
    addresses: Addresses,
) -> None:
    day = format_datetime(release.published_at.astimezone(edition.zone), "d MMMM y", locale=locale_of(language))
    entry = SubElement(feed, "entry")
    _text(entry, "id", _urn(edition, str(release.number)))
    _text(entry, "title", gettext("Version %(number)s of %(day)s", number=release.number, day=day))
    _text(entry, "updated", _moment(release.published_at))
    _text(entry, "published", _moment(release.published_at))
    href = f"{addresses.releases}#v{release.number}"
    SubElement(entry, "link", rel="alternate", type="text/html", hreflang=language, href=href)
    content = _content(release, groups, language, addresses)
    SubElement(entry, "content", type="html").text = writable(content)


def _content(release: Release, groups: Sequence[ChangeGroup], language: str, addresses: Addresses) -> Markup:
    """The note of the organisers and the changes, as HTML. Everything that somebody wrote is escaped."""
    note = release.note.shown(language)
    parts = [Markup("<p>{}</p>").format(_marked(note, language))] if note.text else []
    for group in groups:
        items = (
            Markup('<li><a href="{}">{}</a></li>').format(addresses.session(code), _marked(title, language))
            if group.kind != "removed"
            else Markup("<li>{}</li>").format(_marked(title, language))
            for code, title in group.entries
        )
        parts.append(Markup("<h2>{}</h2><ul>{}</ul>").format(group.heading, Markup("").join(items)))
    if not parts:
        first = gettext("The programme is published.")
        same = gettext("Nothing changed about the sessions; names of rooms, tracks or formats did.")
        parts.append(Markup("<p>{}</p>").format(first if release.number == 1 else same))
    return Markup("").join(parts)


def _marked(words: Shown, language: str) -> str | Markup:
    if words.language == language:
        return words.text
    return Markup('<span lang="{}" dir="{}">{}</span>').format(words.language, words.direction, words.text)


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = one_line(text)


def _urn(edition: Edition, name: str) -> str:
    """An id that stays whatever becomes of the site's address."""
    return uuid.uuid5(edition.guid, name).urn


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
