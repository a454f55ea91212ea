"""Where one is signed in, and ending it."""

from datetime import datetime, timedelta

import pytest

from forum.accounts import rules, services
from forum.accounts.models import Proof, SignIn
from forum.db import db, utcnow
from forum.roles.models import Role
from tests import make, page
from tests.signed_in import signed_in

PATH = "/en/account/sign-ins"


def a_sign_in(person, *, at: datetime | None = None, proof: Proof = Proof.LINK) -> SignIn:
    started, _ = services.sign_in(person=person, proof=proof, at=at or utcnow())
    db.session.commit()
    return started


def rows_of(shown) -> list[list[str]]:
    """Of each sign-in: since when, last seen, how, and what can be done about it."""
    rows = shown.tree.findall(".//ul[@class='plainlist']/li")
    found = [[*row.findall(".//dd"), *row.findall("span"), *row.findall(".//button")] for row in rows]
    return [[" ".join("".join(cell.itertext()).split()) for cell in row] for row in found]


def is_signed_in(client) -> bool:
    return client.get("/en/account/").status_code == 200


def test_sign_ins_show_this_one_first_and_times_in_ones_own_zone(client):
    person = make.a_person(time_zone="Africa/Lusaka")
    yesterday = utcnow() - timedelta(days=1)
    a_sign_in(person, at=yesterday, proof=Proof.CODE)
    a_sign_in(person, at=utcnow() + timedelta(seconds=1), proof=Proof.PASSKEY)
    signed_in(client, person)

    rows = rows_of(page.get(client, PATH))

    assert [row[2:] for row in rows] == [
        ["a mailed link", "this one"],
        ["a passkey", "End"],
        ["a mailed code", "End"],
    ]
    local = yesterday + timedelta(hours=2)
    assert rows[2][0] == f"{local.day} {local:%B} {local.year}, {local:%H:%M}"


def test_sign_ins_leave_out_what_holds_no_more_and_other_people(client):
    person = make.a_person()
    a_sign_in(make.a_person())
    a_sign_in(person, at=utcnow() - rules.OTHERS_IDLE)
    services.end_sign_in(sign_in=a_sign_in(person), at=utcnow())

    assert len(rows_of(page.get(signed_in(client, person), PATH))) == 1


def test_sign_ins_of_staff_hold_for_half_an_hour(client):
    person = make.a_grant(Role.DESK).person
    a_sign_in(person, at=utcnow() - rules.STAFF_IDLE)
    a_sign_in(person, at=utcnow() - rules.STAFF_IDLE + timedelta(minutes=1))

    assert len(rows_of(page.get(signed_in(client, person), PATH))) == 2


def test_ending_one_signs_out_there_alone(client, app):
    person = make.a_person()
    there = signed_in(app.test_client(), person)
    code = db.session.query(SignIn).one().code
    a_sign_in(person)
    signed_in(client, person)

    answer = page.submit(client, page.get(client, PATH), action=f"{PATH}/{code}/end")

    assert (answer.status_code, answer.location) == (303, PATH)
    assert (is_signed_in(there), is_signed_in(client)) == (False, True)
    assert db.session.query(SignIn).filter(SignIn.ended_at.is_(None)).count() == 2


def test_ending_this_one_signs_out_here(client):
    signed_in(client, make.a_person())
    code = db.session.query(SignIn).one().code
    form = page.held_by(page.get(client, PATH).all("form")[0])

    answer = client.post(f"{PATH}/{code}/end", data=form)

    assert (answer.status_code, answer.location) == (303, "/en/sign-in")
    assert not is_signed_in(client)


@pytest.mark.parametrize("whose", ["of somebody else", "ended", "unknown"])
def test_ending_what_is_not_there_to_end_is_absent(client, whose):
    person = make.a_person()
    other = a_sign_in(make.a_person() if whose == "of somebody else" else person)
    if whose == "ended":
        services.end_sign_in(sign_in=other, at=make.NOON)
    form = page.held_by(page.get(signed_in(client, person), PATH).all("form")[0])

    answer = client.post(f"{PATH}/{'none' if whose == 'unknown' else other.code}/end", data=form)

    db.session.refresh(other)
    assert answer.status_code == 404
    assert other.ended_at == (make.NOON if whose == "ended" else None)


def test_ending_all_others_leaves_this_one(client, app):
    person, stranger = make.a_person(), a_sign_in(make.a_person())
    there = signed_in(app.test_client(), person)
    a_sign_in(person)
    signed_in(client, person)

    page.submit(client, page.get(client, PATH), action=f"{PATH}/end-others")

    assert page.get(client, PATH).texts("p", class_="notice") == ["2 other sign-ins are ended."]
    assert (is_signed_in(there), is_signed_in(client)) == (False, True)
    db.session.refresh(stranger)
    assert stranger.ended_at is None
