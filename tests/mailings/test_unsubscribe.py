"""Ending mailings by the link in them."""

import pytest

from forum.db import db
from forum.i18n import LANGUAGES
from forum.mailings import queries, services
from forum.mailings.links import meant_by, unsubscribe_token
from tests import make
from tests.page import get, parsed, submit
from tests.rows import all_rows


@pytest.fixture
def edition(app):
    return make.an_edition(slug="here", name="Umoja <2026>")


@pytest.fixture
def person(app):
    return make.a_person()


@pytest.fixture
def path(person, edition):
    return f"/en/unsubscribe/{unsubscribe_token(person, edition)}"


def test_link_opened_changes_nothing_and_sets_no_cookie(person, edition, path, client):
    page = get(client, path)

    assert page.h1 == "End the mailings"
    assert page.texts("p", class_="lead") == [
        "Umoja <2026> will write to you only about what you take part in yourself."
    ]
    assert page.texts("button") == ["Send me no more mailings"]
    assert "Set-Cookie" not in page.headers
    assert not queries.has_refused(person, edition)


def test_button_ends_the_mailings_and_offers_to_undo_it(person, edition, path, client):
    page = parsed(submit(client, get(client, path)), path)

    assert page.h1 == "You get no more mailings"
    assert queries.has_refused(person, edition)

    answer = submit(client, page)
    assert (answer.status_code, answer.location) == (303, path)
    assert not queries.has_refused(person, edition)
    assert get(client, path).h1 == "End the mailings"


def test_one_click_of_a_mail_program_ends_the_mailings(person, edition, path, client):
    """RFC 8058: a POST of this very body, without a cookie and without a page fetched before."""
    elsewhere = make.an_edition()

    answers = [client.post(path, data={"List-Unsubscribe": "One-Click"}) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert queries.has_refused(person, edition)
    assert not queries.has_refused(person, elsewhere)
    assert not queries.has_refused(make.a_person(), edition)


def test_undoing_wants_a_page_of_ours(person, edition, path, client):
    services.refuse(person=person, edition=edition, at=make.NOON)

    assert client.post(f"{path}/undo").status_code == 400
    assert queries.has_refused(person, edition)


def forged(token: str) -> list[str]:
    body, _, signature = token.rpartition(".")
    other = unsubscribe_token(make.a_person(), make.an_edition()).rpartition(".")
    return [
        "x",
        "%00",
        body,
        f"{body}.",
        f"{other[0]}.{signature}",
        f"{body}.{other[2]}",
        f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}".replace(body, body[:-2]),
        token.upper(),
    ]


def test_forged_token_is_absent(person, edition, client):
    for token in forged(unsubscribe_token(person, edition)):
        path = f"/en/unsubscribe/{token}"
        assert client.get(path).status_code == 404
        before = all_rows()
        assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 404
        assert all_rows() == before


def test_token_of_who_is_gone_is_absent(person, edition, path, client):
    db.session.delete(person)

    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404


def test_token_names_no_number_of_ours_and_no_address(person, edition):
    said, _, _ = unsubscribe_token(person, edition).rpartition(".")

    assert said == person.uid.hex + edition.guid.hex
    assert meant_by(unsubscribe_token(person, edition)) == (person, edition)


def test_page_in_every_language_is_well_made(person, edition, path, client):
    token = path.rpartition("/")[2]
    for refused in (False, True):
        if refused:
            services.refuse(person=person, edition=edition, at=make.NOON)
        for language in LANGUAGES:
            get(client, f"/{language}/unsubscribe/{token}")
