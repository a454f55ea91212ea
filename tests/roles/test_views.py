"""Answering an invitation."""

import pytest
from sqlalchemy import select

from forum.db import db, utcnow
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from forum.roles import queries, services
from forum.roles.models import Invitation, Role
from tests import make
from tests.page import get, submit
from tests.signed_in import signed_in


@pytest.fixture
def invitation(app):
    return make.an_invitation(make.an_edition(name="Umoja"), email="invited@example.org", role=Role.DESK)


def address_of(invitation: Invitation) -> str:
    mail = db.session.scalars(select(OutboxMail).where(OutboxMail.kind == "roles.invitation")).one()
    return f"/en/invitations/{Letter.from_json(mail.letter).paragraphs[0]}"


def test_visitor_reads_what_it_is_and_is_asked_to_sign_in(invitation, client):
    page = get(client, address_of(invitation))

    assert page.texts("p", class_="lead") == ["Umoja invites you as: Registration desk."]
    assert [link.get("href") for link in page.all("a", class_="button")] == ["/en/sign-in"]
    assert "invited@example.org" not in page.html


def test_invited_person_takes_the_role(invitation, client):
    person = make.a_person(email="invited@example.org")
    signed_in(client, person, second_factor=False)

    answer = submit(
        client, get(client, address_of(invitation)), action=f"/en/account/invitations/{invitation.code}/accept"
    )

    assert (answer.status_code, answer.location) == (303, "/en/account/")
    assert [grant.role for grant in queries.grants_of(person)] == [Role.DESK]


def test_invited_person_says_no(invitation, client):
    person = make.a_person(email="invited@example.org")
    signed_in(client, person, second_factor=False)

    submit(client, get(client, address_of(invitation)), action=f"/en/account/invitations/{invitation.code}/decline")

    assert queries.grants_of(person) == []
    assert get(client, address_of(invitation)).texts("p", class_="empty") == [
        "This invitation cannot be taken any more: it was answered, withdrawn, or has expired."
    ]


def test_somebody_else_with_the_link_cannot_take_it(invitation, client):
    stranger = make.a_person()
    signed_in(client, stranger)

    page = get(client, address_of(invitation))

    assert [one for one in page.all("form") if "invitations" in (one.get("action") or "")] == []
    token = get(client, "/en/account/").token
    answer = client.post(f"/en/account/invitations/{invitation.code}/accept", data={"csrf_token": token})
    assert answer.status_code == 404
    assert queries.grants_of(stranger) == []


def test_withdrawn_invitation_says_so(invitation, client):
    path = address_of(invitation)
    services.withdraw_invitation(invitation=invitation, by=make.COMMAND, at=utcnow())

    assert len(get(client, path).all("p", class_="empty")) == 1


def test_unknown_link_is_not_there(app, client):
    assert client.get("/en/invitations/nothing").status_code == 404
