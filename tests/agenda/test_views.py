"""The public pages, as a reader gets them."""

import json
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from forum.db import db
from forum.i18n import LANGUAGES, TranslatedText
from forum.programme import services
from forum.programme.models import SessionState
from tests import make
from tests.page import get


@pytest.fixture
def edition(app):
    return make.an_edition(slug="umoja-2026", name="Umoja 2026")


def count_queries(path: str, client: FlaskClient) -> int:
    """SELECTs that the page costs beyond asking whether kept pages still hold."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT") and "public_state" not in statement:
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        get(client, path)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(seen)


PAGES = {
    "": 4,
    "agenda": 4,
    "agenda?q=water": 5,
    "agenda?track=nothing&tz=Nairobi": 4,
    "speakers/": 4,
    "releases/": 3,
    "sessions/FIRST": 5,
    "speakers/ADA": 4,
}


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(("path", "queries"), PAGES.items())
def test_page_costs_the_same_queries_whatever_the_rows(client, edition, path, queries, rows):
    for n in range(rows):
        ada = make.a_speaker(edition, code=f"ADA{n or ''}")
        room, track, kind = make.a_room(edition), make.a_track(edition), make.a_format(edition)
        make.a_session(edition, code=f"FIRST{n or ''}", room=room, track=track, format=kind, speakers=[ada], day=n)
    make.a_release(edition)

    assert count_queries(f"/en/umoja-2026/{path}", client) == queries


def test_every_page_in_every_language_is_well_made(client, edition):
    ada = make.a_speaker(edition, code="ADA", affiliation="Lab", country="ZM", languages=["en"])
    make.a_session(edition, code="FIRST", title="Water", room=make.a_room(edition), speakers=[ada], language="fr")
    make.a_release(edition)
    for language in LANGUAGES:
        get(client, f"/{language}/")
        for path in PAGES:
            get(client, f"/{language}/umoja-2026/{path}")


def test_agenda_lists_the_sessions_of_a_day_by_start_and_room(client, edition):
    hall, baobab = make.a_room(edition, name="Hall"), make.a_room(edition, name="Baobab")
    make.a_session(edition, title="Late", at="11:00", room=hall)
    make.a_session(edition, title="Right", at="09:00", room=baobab)
    make.a_session(edition, title="Left", at="09:00", room=hall)
    make.a_release(edition)

    page = get(client, "/en/umoja-2026/agenda")

    assert page.texts("h2") == ["Tuesday, 12 May 2026"]
    assert page.texts("h3") == ["09:00", "11:00"]
    assert page.texts("h4") == ["Left", "Right", "Late"]
    assert [card.get("class") for card in page.all("li", class_="card")] == ["card k1", "card k2", "card kall"]


def test_session_after_midnight_stays_on_the_day_it_was_put_on(client, edition):
    make.a_session(edition, title="Night", at="24:30", minutes=60)
    make.a_release(edition)

    page = get(client, "/en/umoja-2026/agenda?day=2026-05-12")

    assert page.texts("h2") == ["Tuesday, 12 May 2026"]
    assert page.texts("p", class_="when") == ["00:30–01:30"]


def test_missing_translation_falls_back_visibly(client, edition):
    make.a_session(edition, code="FIRST", title=TranslatedText.of("ar", ar="الماء للجميع"))
    make.a_release(edition)

    page = get(client, "/fr/umoja-2026/sessions/FIRST")

    (heading,) = page.all("h1")
    (words,) = heading
    assert (words.tag, words.get("lang"), words.get("dir"), words.text) == ("span", "ar", "rtl", "الماء للجميع")


def test_title_in_the_readers_language_is_not_marked(client, edition):
    make.a_session(edition, code="FIRST", title=TranslatedText.of("en", en="Water", fr="L’eau"))
    make.a_release(edition)

    page = get(client, "/fr/umoja-2026/sessions/FIRST")

    assert page.h1 == "L’eau"
    assert not list(page.all("h1")[0])


@pytest.mark.parametrize("word", ["eau", "MARCHE", "marché", "الماء", "Wanjiku"])
def test_search_finds_a_session_by_a_word_of_any_language_with_or_without_accents(client, edition, word):
    who = make.a_speaker(edition, name="Wanjikú")
    title = TranslatedText.of("en", en="Water", fr="L’eau au marché", ar="المَاء")
    make.a_session(edition, title=title, speakers=[who])
    make.a_session(edition, title="Energy")
    make.a_release(edition)

    assert get(client, f"/en/umoja-2026/agenda?q={word}").texts("h4") == ["Water"]


def test_search_of_the_site_finds_sessions_of_every_edition(client, edition):
    make.a_session(edition, title="Water here")
    make.a_release(edition)
    other = make.an_edition(slug="other", name="Other")
    make.a_session(other, title="Water there")
    make.a_session(other, title="Energy")
    make.a_release(other)

    page = get(client, "/en/?q=water")

    assert page.texts("ul", class_="plainlist") == ["Water there Other Water here Umoja 2026"]


def test_draft_is_nowhere_before_its_release(client, edition):
    make.a_session(edition, code="FIRST", title="Water")
    make.a_release(edition)
    make.a_session(edition, code="SECRET", title="Canary")

    for path in ("", "agenda", "agenda?q=canary", "releases/", "speakers/"):
        assert "Canary" not in get(client, f"/en/umoja-2026/{path}").html.replace('value="canary"', "")
    assert "No session fits" in get(client, "/en/umoja-2026/agenda?q=canary").text
    assert "Canary" not in get(client, "/en/?q=canary").text.replace("canary", "")
    get(client, "/en/umoja-2026/sessions/SECRET", status=404)


def test_unlisted_speaker_is_named_nowhere_and_absent_like_a_stranger(client, edition):
    hidden = make.a_speaker(edition, listed=False, code="HIDDEN", name="Canary Wharf", affiliation="Secret Lab")
    make.a_session(edition, code="FIRST", title="Water", speakers=[hidden])
    make.a_release(edition)

    for path in ("", "agenda", "agenda?q=wharf", "speakers/", "sessions/FIRST", "releases/"):
        html = get(client, f"/en/umoja-2026/{path}").html
        assert "Canary" not in html
        assert "Secret Lab" not in html
    forbidden = get(client, "/en/umoja-2026/speakers/HIDDEN", status=404).html
    absent = get(client, "/en/umoja-2026/speakers/NOBODY", status=404).html
    assert forbidden.replace("HIDDEN", "") == absent.replace("NOBODY", "")


def test_withdrawing_a_listing_takes_the_name_off_kept_pages_at_once(client, edition):
    ada = make.a_speaker(edition, code="ADA", name="Ada Canary")
    make.a_session(edition, code="FIRST", speakers=[ada])
    make.a_release(edition)
    paths = ["agenda", "speakers/", "sessions/FIRST"]
    for path in paths:
        assert "Ada Canary" in get(client, f"/en/umoja-2026/{path}").html

    services.withdraw_listing(speaker=ada)

    for path in paths:
        assert "Ada Canary" not in get(client, f"/en/umoja-2026/{path}").html


def test_draft_shows_neither_through_colours_nor_through_people(client, edition):
    make.a_session(edition, speakers=[make.a_speaker(edition, stakeholder_group="media")])
    make.a_track(edition, code="secret-early", colour="#aa0000")
    make.a_release(edition)
    track = make.a_track(edition, code="secret-late", colour="#bb0000")
    newcomer = make.a_speaker(edition, code="DRAFT", stakeholder_group="donor")
    make.a_session(edition, track=track, speakers=[newcomer])

    page = get(client, "/en/umoja-2026/")
    (sheet,) = page.all("link", rel="stylesheet")

    assert "secret" not in client.get(sheet.get("href")).get_data(as_text=True)
    assert "secret" not in client.get("/en/umoja-2026/agenda.json").get_data(as_text=True)
    (figure,) = page.all("figure")
    assert [seat.get("class") for seat in figure.iter() if seat.tag.endswith("circle")] == ["g-media"]
    get(client, "/en/umoja-2026/speakers/DRAFT", status=404)


def test_speaker_of_another_edition_is_not_found(client, edition):
    other = make.an_edition()
    make.a_session(other, code="THERE", speakers=[make.a_speaker(other, code="BOB")])
    make.a_release(other)
    make.a_session(edition)
    make.a_release(edition)

    get(client, "/en/umoja-2026/speakers/BOB", status=404)
    get(client, "/en/umoja-2026/sessions/THERE", status=404)


def test_calendar_of_what_is_shown_can_be_taken_or_subscribed_to(client, edition):
    make.a_session(edition, room=make.a_room(edition, code="hall"))
    make.a_release(edition)

    links = get(client, "/en/umoja-2026/agenda?room=hall&tz=tokyo").all("a", class_="button")

    assert [link.get("href") for link in links[:2]] == [
        "/en/umoja-2026/agenda.ics?room=hall",
        "webcal://localhost/en/umoja-2026/agenda.ics?room=hall",
    ]


@pytest.mark.parametrize(
    ("path", "city"),
    [("en", "tokyo"), ("en", "Asia/Tokyo"), ("ar", "طوكيو"), ("es", "Tokio"), ("fr", "asia/tokyo")],
)
def test_zone_is_found_by_its_city_as_the_reader_writes_it(client, edition, path, city):
    make.a_session(edition, at="09:00")
    make.a_release(edition)

    assert get(client, f"/{path}/umoja-2026/agenda?tz={city}").texts("h3") == ["16:00 09:00"]


def test_times_are_shown_in_another_zone_with_the_forums_beside(client, edition):
    make.a_session(edition, at="09:00")
    make.a_release(edition)

    page = get(client, "/en/umoja-2026/agenda?tz=tokyo")

    assert page.texts("h3") == ["16:00 09:00"]
    assert page.texts("p", class_="when") == ["16:00–17:00"]


def test_start_on_another_date_than_its_day_says_so(client, edition):
    make.a_session(edition, code="NIGHT", at="24:30")
    make.a_session(edition, at="09:00")
    make.a_release(edition)

    assert get(client, "/en/umoja-2026/agenda").texts("h3") == ["09:00", "00:30 Wed 13 May"]
    assert get(client, "/en/umoja-2026/agenda?tz=Honolulu").texts("h3") == ["21:00 Mon 11 May 09:00", "12:30 00:30"]
    assert get(client, "/en/umoja-2026/sessions/NIGHT").texts("dd")[0].startswith("Wednesday, 13 May 2026 · 00:30")


def test_hour_that_a_clock_shows_twice_stays_two_rows(client):
    edition = make.an_edition(slug="autumn", time_zone="UTC", starts_on=date(2026, 10, 25), ends_on=date(2026, 10, 25))
    make.a_session(edition, title="First", at="00:30", minutes=30)
    make.a_session(edition, title="Second", at="01:30", minutes=30)
    make.a_release(edition)

    page = get(client, "/en/autumn/agenda?tz=Berlin")

    assert page.texts("h3") == ["02:30 00:30", "02:30 01:30"]
    assert page.texts("h4") == ["First", "Second"]


@pytest.mark.parametrize(
    "path", ["/en/?q=%00", "/en/umoja-2026/agenda?q=a%00b", "/en/umoja-2026/agenda?tz=%00&language=%00"]
)
def test_nul_in_a_query_finds_nothing_and_breaks_nothing(client, edition, path):
    make.a_session(edition, title="Water")
    make.a_release(edition)

    get(client, path)


@pytest.mark.parametrize("path", ["/en/%00/", "/en/umoja-2026%00/agenda", "/en/umoja-2026/speakers/%00"])
def test_nul_in_a_path_is_not_found(client, edition, path):
    get(client, path, status=404)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("tz=Atlantis", "There is no such time zone; write a city, such as Nairobi or Lisbon."),
        ("track=none", "“Track” does not have this choice; all are shown."),
        ("day=yesterday", "“Day” does not have this choice; all are shown."),
        ("language=xx", "“I understand” does not have this choice; all are shown."),
        ("q=" + "x" * 81, "A search may have 80 characters at most."),
    ],
)
def test_filter_it_does_not_know_is_said_and_left_out(client, edition, query, sentence):
    make.a_session(edition, title="Water")
    make.a_release(edition)

    page = get(client, f"/en/umoja-2026/agenda?{query}")

    assert page.texts("p", class_="fault") == [sentence]
    assert page.texts("h4") == ["Water"]
    assert page.headers["Cache-Control"] == "no-store"


def test_filters_keep_what_fits(client, edition):
    hall, data = make.a_room(edition, code="hall"), make.a_track(edition, code="data")
    panel = make.a_format(edition, code="panel")
    make.a_session(edition, title="All", room=hall, track=data, format=panel, language="fr", day=1)
    make.a_session(edition, title="None")
    make.a_session(edition, title="Into", interpretation_languages=["fr"])
    make.a_release(edition)

    for query in ("room=hall", "track=data", "format=panel", "day=2026-05-13"):
        assert get(client, f"/en/umoja-2026/agenda?{query}").texts("h4") == ["All"], query
    assert get(client, "/en/umoja-2026/agenda?language=fr").texts("h4") == ["Into", "All"]
    assert len(get(client, "/en/umoja-2026/agenda?language=fr&language=en").texts("h4")) == 3


def test_cancelled_and_moved_sessions_are_marked(client, edition):
    hall, baobab = make.a_room(edition), make.a_room(edition)
    off = make.a_session(edition, title="Off", room=hall)
    moved = make.a_session(edition, title="Moved", room=hall, at="10:00")
    make.a_session(edition, title="Same", room=hall, at="11:00")
    make.a_release(edition)
    off.state = SessionState.CANCELLED
    moved.slot.room = baobab
    make.a_release(edition, at=make.NOON + timedelta(days=1))

    page = get(client, "/en/umoja-2026/agenda")

    assert page.texts("p", class_="when") == ["09:00–10:00 cancelled", "10:00–11:00 moved", "11:00–12:00"]
    assert "2 sessions." in page.texts("p", class_="lead")[0]
    assert "1 session moved in this version." in page.texts("p", class_="lead")[0]


def test_language_switch_stays_on_the_page_with_its_filters(client, edition):
    make.a_session(edition)
    make.a_release(edition)

    page = get(client, "/en/umoja-2026/agenda?q=water&language=en&language=fr")

    links = {link.get("hreflang"): link.get("href") for link in page.all("a") if link.get("hreflang")}
    assert links["sw"] == "/sw/umoja-2026/agenda?q=water&language=en&language=fr"
    assert list(links) == list(LANGUAGES)


def test_page_names_its_alternates_and_itself(client, edition):
    make.a_session(edition, code="FIRST")
    make.a_release(edition)

    page = get(client, "/en/umoja-2026/sessions/FIRST")

    alternates = {
        link.get("hreflang"): link.get("href") for link in page.all("link", rel="alternate") if link.get("hreflang")
    }
    assert alternates["ar"] == "http://localhost/ar/umoja-2026/sessions/FIRST"
    assert set(alternates) == {*LANGUAGES, "x-default"}
    assert [link.get("href") for link in page.all("link", rel="canonical")] == [
        "http://localhost/en/umoja-2026/sessions/FIRST"
    ]


def test_json_ld_says_what_the_session_is_and_cannot_end_its_element(client, edition):
    make.a_session(edition, code="FIRST", title="</script><script>alert(1)</script>", state=SessionState.CANCELLED)
    make.a_release(edition)

    page = get(client, "/en/umoja-2026/sessions/FIRST")

    (script,) = page.all("script")
    event_data = json.loads(script.text)
    assert event_data["@type"] == "Event"
    assert event_data["name"] == "</script><script>alert(1)</script>"
    assert event_data["eventStatus"] == "https://schema.org/EventCancelled"
    assert event_data["startDate"] == "2026-05-12T09:00:00+02:00"


def test_markdown_becomes_clean_html(client, edition):
    text = "**Bold** <b>not</b>\n\n[bad](javascript:alert(1)) [good](https://example.org)"
    make.a_session(edition, code="FIRST", abstract=text)
    make.a_release(edition)

    page = get(client, "/en/umoja-2026/sessions/FIRST")

    (prose,) = page.all("div", class_="prose")
    assert [element.tag for element in prose.iter()] == ["div", "div", "p", "strong", "p", "a"]
    assert [link.get("href") for link in prose.iter("a")] == ["https://example.org"]


def test_edition_without_a_release_says_what_will_be_here(client, edition):
    for path in ("", "agenda", "speakers/", "releases/"):
        assert "will be here once" in get(client, f"/en/umoja-2026/{path}").text
    get(client, "/en/umoja-2026/sessions/FIRST", status=404)
