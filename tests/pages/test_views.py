"""The site's own pages: front, home, health."""

import gzip
from unittest.mock import patch

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from forum.db import db
from forum.i18n import LANGUAGES
from tests import make
from tests.page import get


@pytest.mark.parametrize(
    ("asked", "given"),
    [("ar", "ar"), ("de, sw;q=0.5", "sw"), ("pt-BR", "pt"), ("de", "en"), ("", "en"), ("en;q=0.1, fr", "fr")],
)
def test_front_leads_to_the_language_the_browser_asks_for(client, asked, given):
    answer = client.get("/", headers={"Accept-Language": asked})

    assert (answer.status_code, answer.location) == (302, f"/{given}/")
    assert answer.headers["Vary"] == "Accept-Language"


def test_home_lists_forums_with_their_editions_newest_first(client):
    forum = make.a_forum(name="Umoja")
    make.an_edition(forum=forum, slug="old", name="Old", starts_on=make.DAY.replace(year=2025))
    make.an_edition(forum=forum, slug="new", name="New")

    page = get(client, "/en/")

    assert page.texts("h2") == ["Umoja"]
    assert [link.get("href") for link in page.tree.find(".//main").iter("a")] == [
        "/en/new/",
        "/en/old/",
    ]


def test_empty_site_says_what_will_be_here(client):
    assert "No forum is on this site yet." in get(client, "/en/").text


def test_healthz_answers_without_the_database(client):
    with patch.object(db.engine, "connect", side_effect=OperationalError("", {}, Exception())):
        assert client.get("/healthz").data == b"ok\n"


def test_readyz_is_ready_with_the_newest_schema(client):
    assert client.get("/readyz").status_code == 200


def test_readyz_is_not_ready_with_an_older_schema(client):
    with db.engine.begin() as connection:
        newest = connection.scalar(text("select version_num from alembic_version"))
        connection.execute(text("update alembic_version set version_num = 'old'"))
    try:
        answer = client.get("/readyz")
    finally:
        with db.engine.begin() as connection:
            connection.execute(text("update alembic_version set version_num = :newest"), {"newest": newest})

    assert (answer.status_code, answer.data) == (503, b"the database needs `jukwaa migrate`\n")


def test_database_away_gives_503_in_the_readers_language(client):
    with patch("forum.pages.views.forums", side_effect=OperationalError("", {}, Exception())):
        page = get(client, "/sw/", status=503)

    assert page.headers["Retry-After"] == "10"
    assert page.tree.get("lang") == "sw"


def test_bug_gives_an_error_page_that_is_not_kept(app, client):
    app.testing = False
    try:
        with patch("forum.pages.views.forums", side_effect=ZeroDivisionError):
            page = get(client, "/fr/", status=500)
    finally:
        app.testing = True

    assert page.headers["Cache-Control"] == "no-store"
    get(client, "/fr/")


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_that_is_not_there_says_so_in_the_readers_language(client, language):
    page = get(client, f"/{language}/nothing/agenda", status=404)

    assert page.tree.get("lang") == language
    assert (page.h1 == "This page does not exist") is (language == "en")


def test_unknown_language_is_not_found(client):
    get(client, "/xx/", status=404)


def test_style_sheet_of_an_edition_carries_its_colours(client):
    edition = make.an_edition(slug="umoja", accent="#aa0000")
    make.a_session(edition, track=make.a_track(edition, code="data", colour="#ffff00"))
    make.a_release(edition)

    (link,) = get(client, "/en/umoja/").all("link", rel="stylesheet")
    answer = client.get(link.get("href"))

    sheet = answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert ":root{--accent:#aa0000;--on-accent:#ffffff}" in sheet
    assert ".t-data{--track:#ffff00}" in sheet.partition("prefers-color-scheme:dark){:root{--accent")[2]
    assert client.get("/static/editions/umoja.000000000000.css").status_code == 404


def test_page_that_is_not_kept_is_compressed_all_the_same(client):
    answer = client.get("/fr/nothing/", headers={"Accept-Encoding": "gzip"})

    assert (answer.status_code, answer.headers["Content-Encoding"]) == (404, "gzip")
    assert "Cette page n’existe pas" in gzip.decompress(answer.data).decode()
    assert answer.headers["Vary"] == "Accept-Encoding"
