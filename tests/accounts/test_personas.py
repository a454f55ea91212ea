"""Looking around as one of the demo's people: on this machine, in a database the demo made, and nowhere else."""

import pytest
from sqlalchemy import select

from forum.accounts.models import Person, Proof, SignIn
from forum.db import db
from forum.demo.personas import NAMES, make_personas
from forum.roles.models import Role
from tests import make
from tests.page import get, submit


@pytest.fixture
def edition(app):
    edition = make.an_edition(slug="umoja")
    make_personas(edition=edition, at=make.NOON)
    db.session.commit()
    return edition


def offered(client, **given) -> list[str]:
    page = client.get("/en/sign-in", **given).get_data(as_text=True)
    return [key for key in map(str, NAMES) if f'value="{key}"' in page]


def test_every_role_has_a_persona_and_so_has_whoever_has_none(edition):
    assert set(NAMES) == {*Role, "attendee"}


def test_one_click_signs_in_as_an_organiser_with_every_proof(edition, client):
    answer = submit(client, get(client, "/en/sign-in"), button="persona=organiser")

    assert (answer.status_code, answer.location) == (303, "/en/account/")
    assert client.get("/en/umoja/manage/people/").status_code == 200
    assert db.session.scalars(select(SignIn.proof)).all() == [Proof.PERSONA]


def test_persona_offers_itself_in_a_demo_on_this_machine(edition, client):
    assert offered(client) == [str(key) for key in NAMES]


def test_no_persona_in_any_other_database(app, client):
    make.a_person(name="Amina")

    assert offered(client) == []
    assert "Look around" not in client.get("/en/sign-in").get_data(as_text=True)


ELSEWHERE = [
    {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
    {"headers": {"X-Forwarded-For": "127.0.0.1"}},
    {"headers": {"X-Forwarded-Host": "localhost"}},
    {"headers": {"Forwarded": "for=127.0.0.1"}},
    {"headers": {"Via": "1.1 front"}},
    {"environ_overrides": {"SERVER_PROTOCOL": "HTTP/1.0"}},
    {"environ_overrides": {"SERVER_PROTOCOL": "HTTP/1"}},
]


@pytest.mark.parametrize("given", ELSEWHERE, ids=str)
def test_no_persona_for_a_visitor_from_elsewhere(edition, client, given):
    assert offered(client, **given) == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PUBLIC_URL", "https://forum.example.org"),
        ("PUBLIC_URL", "http://localhost"),
        ("PROXY_HOPS", 1),
        ("HOST", "0.0.0.0"),
    ],
)
def test_no_persona_on_a_site_that_others_can_reach(edition, app, client, monkeypatch, setting, value):
    monkeypatch.setitem(app.config, setting, value)

    assert offered(client) == []


def test_no_persona_under_a_name_that_is_not_this_machine(edition, app, client, monkeypatch):
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", ["forum.example.org"])

    assert offered(client, base_url="http://forum.example.org") == []


@pytest.mark.parametrize("given", ELSEWHERE, ids=str)
def test_form_sent_from_elsewhere_finds_nothing(edition, client, given):
    """The button is not the lock: whoever knows the address gets no further."""
    page = get(client, "/en/sign-in")
    token = page.token

    answer = client.post("/en/sign-in/persona", data={"csrf_token": token, "persona": "organiser"}, **given)

    assert answer.status_code == 404
    assert db.session.scalars(select(SignIn)).all() == []


def test_real_person_is_no_persona(edition, client):
    make.a_person(name="Amina")
    page = get(client, "/en/sign-in")
    token = page.token

    for wanted in ("None", "", "amina"):
        answer = client.post("/en/sign-in/persona", data={"csrf_token": token, "persona": wanted})
        assert answer.status_code == 404
    assert len(db.session.scalars(select(Person)).all()) == len(NAMES) + 1
