from datetime import timedelta
from xml.etree import ElementTree

import html5lib
import pytest

from forum.agenda.changes import HEADINGS, change_groups
from forum.i18n import Shown, TranslatedText
from forum.programme import services
from forum.programme.rules import Kind
from tests import make

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture
def released(app):
    """Three releases: the first, one with changes of every kind but two, one of mere names."""
    edition = make.an_edition(
        slug="drif",
        name=TranslatedText.of("en", en="DRIF", fr="Le DRIF"),
        forum=make.a_forum(slug="f", name="The forum"),
    )
    hall, tent = make.a_room(edition, name="Hall"), make.a_room(edition, name="Tent")
    old = make.a_session(edition, code="OLD001", title=TranslatedText.of("ar", ar="<script>نص</script>"), room=hall)
    off = make.a_session(edition, code="OFF001", title="Off & gone", at="11:00")
    make.a_release(edition, note=make.words("Welcome <all>"))
    services.place(
        forum_session=old,
        room=tent,
        day_on=old.slot.day_on,
        starts_at=old.slot.starts_at + timedelta(hours=1),
        ends_at=old.slot.ends_at + timedelta(hours=1),
    )
    off.state = "cancelled"
    make.a_session(edition, code="NEW001", title=TranslatedText.of("en", en="New", fr="Nouveau"), at="13:00")
    make.a_release(edition, at=make.NOON + timedelta(hours=13))
    hall.name = make.words("Great hall")
    make.a_release(edition, at=make.NOON + timedelta(hours=14))
    return edition


def feed(client, language: str = "en") -> ElementTree.Element:
    return ElementTree.fromstring(client.get(f"/{language}/drif/releases.atom").data)


def test_feed_names_itself(released, client):
    root = feed(client, "fr")

    assert root.tag == "{http://www.w3.org/2005/Atom}feed"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    assert "Le DRIF" in root.findtext("a:title", namespaces=ATOM)
    assert root.findtext("a:author/a:name", namespaces=ATOM) == "The forum"
    assert root.findtext("a:updated", namespaces=ATOM) == "2026-05-02T02:00:00Z"
    assert [link.attrib for link in root.findall("a:link", ATOM)] == [
        {"rel": "self", "type": "application/atom+xml", "href": "http://localhost/fr/drif/releases.atom"},
        {"rel": "alternate", "type": "text/html", "hreflang": "fr", "href": "http://localhost/fr/drif/releases/"},
    ]


def test_each_release_is_an_entry_the_newest_first(released, client):
    entries = feed(client).findall("a:entry", ATOM)

    fields = ("title", "updated", "published")
    assert [[entry.findtext(f"a:{field}", namespaces=ATOM) for field in fields] for entry in entries] == [
        ["Version 3 of 2 May 2026", "2026-05-02T02:00:00Z", "2026-05-02T02:00:00Z"],
        ["Version 2 of 2 May 2026", "2026-05-02T01:00:00Z", "2026-05-02T01:00:00Z"],  # 03:00 in Lusaka.
        ["Version 1 of 1 May 2026", "2026-05-01T12:00:00Z", "2026-05-01T12:00:00Z"],
    ]
    assert [entry.find("a:link", ATOM).get("href") for entry in entries] == [
        f"http://localhost/en/drif/releases/#v{number}" for number in (3, 2, 1)
    ]


def test_ids_stay_and_are_told_apart(released, client):
    ids = {
        lang: [one.text for one in feed(client, lang).iter("{http://www.w3.org/2005/Atom}id")] for lang in ("en", "fr")
    }

    assert all(one.startswith("urn:uuid:") for one in ids["en"])
    assert len(set(ids["en"])) == 4
    assert ids["en"][1:] == ids["fr"][1:]
    assert ids["en"][0] != ids["fr"][0]
    make.a_session(released)
    make.a_release(released, at=make.NOON + timedelta(days=2))
    assert [one.text for one in feed(client).iter("{http://www.w3.org/2005/Atom}id")][2:] == ids["en"][1:]


def test_content_tells_the_changes_in_words_and_escapes_titles(released, client):
    contents = [entry.findtext("a:content", namespaces=ATOM) for entry in feed(client).findall("a:entry", ATOM)]

    old = '<span lang="ar" dir="rtl">&lt;script&gt;نص&lt;/script&gt;</span>'
    address = "http://localhost/en/drif/sessions/"
    assert contents == [
        "<p>Nothing changed about the sessions; names of rooms, tracks or formats did.</p>",
        f'<h2>Cancelled</h2><ul><li><a href="{address}OFF001">Off &amp; gone</a></li></ul>'
        f'<h2>New on the programme</h2><ul><li><a href="{address}NEW001">New</a></li></ul>'
        f'<h2>Moved to another room</h2><ul><li><a href="{address}OLD001">{old}</a></li></ul>'
        f'<h2>Moved to another time</h2><ul><li><a href="{address}OLD001">{old}</a></li></ul>',
        "<p>Welcome &lt;all&gt;</p>",
    ]
    assert [html5lib.parseFragment(one, namespaceHTMLElements=False).findall(".//script") for one in contents] == [
        []
    ] * 3


def test_titles_are_in_the_language_of_the_reader(released, client):
    (_third, second, _first) = feed(client, "fr").findall("a:entry", ATOM)

    assert ">Nouveau</a>" in second.findtext("a:content", namespaces=ATOM)


def test_every_kind_of_change_has_words():
    assert set(HEADINGS) == set(Kind.__args__)


def test_groups_hold_a_session_once_for_each_kind_in_the_language_asked_for_or_the_original(app):
    changes = [
        {"code": "A", "kinds": ["retimed", "moved"], "title": {"en": "A", "fr": "Un"}},
        {"code": "B", "kinds": ["moved"], "title": {"fr": "Deux", "en": "B"}},
        {"code": "C", "kinds": ["removed"], "title": {"sw": "Tatu"}},
    ]

    groups = change_groups(changes, "pt", {"A": "fr", "B": "en"})

    assert [(group.kind, group.heading, group.entries) for group in groups] == [
        ("moved", "Moved to another room", [("A", Shown("Un", "fr")), ("B", Shown("B", "en"))]),
        ("retimed", "Moved to another time", [("A", Shown("Un", "fr"))]),
        ("removed", "No longer on the programme", [("C", Shown("Tatu", "sw"))]),
    ]
