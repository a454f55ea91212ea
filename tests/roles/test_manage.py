"""The page of people and roles."""

import pytest
from sqlalchemy import select

from forum.db import db
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from forum.roles import queries
from forum.roles.models import Invitation, Role, RoleGrant
from tests import make
from tests.asked import counted
from tests.page import get, parsed, submit
from tests.signed_in import signed_in

PEOPLE = "/en/here/manage/people/"


@pytest.fixture
def edition(app):
    return make.an_edition(slug="here", name="Here")


@pytest.fixture
def organiser(edition, client):
    person = make.a_person(name="Mwila Chanda")
    make.a_grant(Role.ORGANISER, edition, person=person)
    signed_in(client, person)
    return person


def rows(page) -> list[str]:
    return page.texts("tr")[1:]


def test_page_says_who_holds_what_since_when_and_from_whom(edition, organiser, client):
    fatou = make.a_person(name="Fatou Sarr")
    make.a_grant(Role.TRANSLATOR, edition, person=fatou, language="fr")
    make.a_grant(Role.ORGANISER, make.an_edition(name="Elsewhere"), person=make.a_person(name="Nobody Here"))

    page = get(client, PEOPLE)

    assert [" ".join(cell.split()) for row in page.all("tr")[1:] for cell in ["".join(row[0].itertext())]] == [
        "Mwila Chanda (you)",
        "Fatou Sarr",
    ]
    assert [page.texts("td")[n] for n in (1, 2, 3, 6, 7)] == [
        "Organiser",
        "1 May 2026",
        "the server",
        "Translator · French",
        "1 May 2026",
    ]
    assert "Nobody Here" not in page.text


@pytest.mark.parametrize("more", [1, 3])
def test_page_asks_the_database_as_often_for_many_as_for_one(edition, organiser, client, more):
    for _ in range(more):
        make.a_grant(Role.REVIEWER, edition)
        make.an_invitation(edition)
    db.session.commit()

    with counted() as asked:
        get(client, PEOPLE)

    assert len(asked) == 9


def test_invitation_is_mailed_in_its_language_and_listed(edition, organiser, client):
    page = get(client, PEOPLE)
    answer = submit(
        client,
        page,
        action=f"{PEOPLE}invite",
        email="new@example.org",
        role="translator",
        language="fr",
        mail_language="fr",
    )

    assert (answer.status_code, answer.location) == (303, PEOPLE)
    mail = db.session.scalars(select(OutboxMail)).one()
    assert (mail.language, mail.edition_id, mail.is_secret) == ("fr", edition.id, True)
    letter = Letter.from_json(mail.letter)
    assert letter.to == "new@example.org"
    assert letter.url.startswith("http://localhost/fr/invitations/")
    (listed,) = [item for item in get(client, PEOPLE).texts("li") if "new@example.org" in item]
    assert listed.startswith("new@example.org · Translator · French")


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"email": "nobody"}, "email", "That is not an e-mail address. One is written like name@example.org."),
        ({"email": ""}, "email", "Enter an e-mail address."),
        ({"role": "translator"}, "language", "Choose the language that is to be translated into."),
    ],
)
def test_invitation_that_cannot_be_sent_says_why_beside_the_field(edition, organiser, client, given, field, sentence):
    answer = submit(client, get(client, PEOPLE), action=f"{PEOPLE}invite", **{"email": "a@example.org", **given})

    assert answer.status_code == 422
    page = parsed(answer, PEOPLE)
    assert page.texts("small", id=f"{field}-note") == [sentence]
    assert db.session.scalars(select(Invitation)).all() == []
    assert db.session.scalars(select(OutboxMail)).all() == []


def test_administrator_is_not_offered_in_an_edition(edition, organiser, client):
    answer = submit(client, get(client, PEOPLE), action=f"{PEOPLE}invite", email="a@example.org", role="administrator")

    assert answer.status_code == 422
    assert db.session.scalars(select(Invitation)).all() == []


def test_invitation_taken_back_is_gone_from_the_page(edition, organiser, client):
    code = make.an_invitation(edition, email="new@example.org").code
    page = get(client, PEOPLE)

    submit(client, page, action=f"{PEOPLE}invitations/{code}/withdraw")

    assert "new@example.org" not in get(client, PEOPLE).text


def test_role_is_taken_away(edition, organiser, client):
    code = make.a_grant(Role.REVIEWER, edition, person=make.a_person(name="Inês Cossa")).code
    page = get(client, PEOPLE)

    answer = submit(client, page, action=f"{PEOPLE}{code}/withdraw")

    assert answer.status_code == 303
    page = get(client, PEOPLE)
    assert page.texts("p", role="status") == ["The role is taken away."]
    assert "Inês Cossa" not in page.text


def test_last_organiser_is_told_to_give_the_role_on_first(edition, organiser, client):
    (grant,) = queries.grants_of(organiser)

    submit(client, get(client, PEOPLE), action=f"{PEOPLE}{grant.code}/withdraw")

    page = get(client, PEOPLE)
    assert page.texts("p", role="status") == [
        "An edition keeps at least one organiser. Give the role to somebody else first."
    ]
    assert queries.holders(edition, Role.ORGANISER) == 1


def test_role_of_another_edition_cannot_be_taken_away_here(edition, organiser, client):
    other = make.a_grant(Role.REVIEWER, make.an_edition()).code
    page = get(client, PEOPLE)
    form = next(one for one in page.all("form") if (one.get("action") or "").endswith("/withdraw"))
    form.set("action", f"{PEOPLE}{other}/withdraw")

    answer = submit(client, page, action=f"{PEOPLE}{other}/withdraw")

    assert answer.status_code == 404
    assert db.session.scalars(select(RoleGrant.code).where(RoleGrant.code == other)).all() == [other]
