"""Who is let in where: every role against every rule and method of the URL map itself."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from types import SimpleNamespace
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.routing import Rule

from forum.access import Policy, declared_policy
from forum.accounts.models import SignIn
from forum.db import db, utcnow
from forum.roles.models import Role
from tests import make
from tests.page import get, parsed, submit
from tests.signed_in import signed_in

EVERYBODY = frozenset(Role)
MEANT: Mapping[Policy, frozenset[Role]] = {
    Policy.WORKSHOP: EVERYBODY - {Role.FUNDER},
    Policy.PEOPLE: frozenset({Role.ORGANISER, Role.ADMINISTRATOR}),
    Policy.AUDIT: frozenset({Role.ORGANISER, Role.ADMINISTRATOR}),
    Policy.MAIL: frozenset({Role.ORGANISER}),
    Policy.PROGRAMME: frozenset({Role.ORGANISER, Role.PROGRAMME}),
    Policy.REVIEW: frozenset({Role.ORGANISER, Role.PROGRAMME, Role.REVIEWER}),
    Policy.REGISTRATION: frozenset({Role.ORGANISER}),
    Policy.CHECK_IN: frozenset({Role.ORGANISER, Role.DESK}),
    Policy.TRANSLATE: frozenset({Role.ORGANISER, Role.TRANSLATOR}),
    Policy.REPORT: frozenset({Role.ORGANISER, Role.RAPPORTEUR}),
    Policy.ENGAGE: frozenset({Role.ORGANISER, Role.ENGAGEMENT}),
    Policy.ASSESS: frozenset({Role.ASSESSOR}),
    Policy.STATISTICS: frozenset({Role.ORGANISER, Role.FUNDER}),
    Policy.INTERNAL_STATISTICS: frozenset({Role.ORGANISER}),
    Policy.SITE: frozenset({Role.ADMINISTRATOR}),
}
"""Whom each policy lets in, said a second time and the other way round, so that a slip in the table of roles shows."""
ENTERED = "let in"


@pytest.fixture
def doors(app: Flask) -> Iterator[Flask]:
    """The application with its views taken out: whoever is let in hears so, and nothing happens."""
    real, checked = dict(app.view_functions), app.config.get("WTF_CSRF_ENABLED", True)

    def stub(view):
        def door(**_):
            return ENTERED

        door.policy = view.policy
        door.wants_fresh_factor = view.wants_fresh_factor
        return door

    app.view_functions.update({endpoint: stub(view) for endpoint, view in real.items()})
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    app.view_functions.update(real)
    app.config["WTF_CSRF_ENABLED"] = checked


def ways_in(app: Flask) -> list[tuple[Rule, str]]:
    """Every rule with every method that does something."""
    return [
        (rule, method) for rule in app.url_map.iter_rules() for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
    ]


def address(app: Flask, rule: Rule, slug: str) -> str:
    values = {name: {"slug": slug, "lang": "en", "uid": UUID(int=7)}.get(name, "x") for name in rule.arguments}
    with app.test_request_context():
        return app.url_map.bind("localhost").build(rule.endpoint, values, method=next(iter(rule.methods - {"HEAD"})))


def answers(app: Flask, client, slug: str) -> dict[tuple[str, str], bool]:
    """For every way in, whether this client gets in."""
    found = {}
    for rule, method in ways_in(app):
        answer = client.open(address(app, rule, slug), method=method)
        assert answer.get_data(as_text=True) == ENTERED or answer.status_code in (303, 404), f"{method} {rule}"
        found[(str(rule), method)] = answer.get_data(as_text=True) == ENTERED
    return found


def meant(app: Flask, lets_in: frozenset[Policy]) -> dict[tuple[str, str], bool]:
    return {(str(rule), method): declared_policy(app, rule.endpoint) in lets_in for rule, method in ways_in(app)}


OPEN = frozenset({Policy.PUBLIC, Policy.ANYONE})


@pytest.fixture
def hall(app: Flask) -> SimpleNamespace:
    """Two editions, the first with an organiser, so that its last one is nobody made in a test."""
    here, elsewhere = make.an_edition(slug="here"), make.an_edition(slug="elsewhere")
    make.a_grant(Role.ORGANISER, here)
    db.session.commit()
    return SimpleNamespace(here=here, elsewhere=elsewhere)


def test_visitor_gets_in_where_anybody_may(doors, hall, client):
    assert answers(doors, client, "here") == meant(doors, OPEN)


def test_account_without_a_role_gets_to_its_own_pages_alone(doors, hall, client):
    signed_in(client, make.a_person())

    assert answers(doors, client, "here") == meant(doors, OPEN | {Policy.SIGNED_IN})


@pytest.mark.parametrize("role", Role)
def test_role_gets_in_where_it_is_meant_to(doors, hall, client, role):
    signed_in(client, make.a_grant(role, hall.here).person)

    lets_in = frozenset(policy for policy, roles in MEANT.items() if role in roles)
    assert answers(doors, client, "here") == meant(doors, OPEN | {Policy.SIGNED_IN} | lets_in)


@pytest.mark.parametrize("role", sorted(EVERYBODY - {Role.ADMINISTRATOR}))
def test_role_in_one_edition_opens_nothing_in_another(doors, hall, client, role):
    signed_in(client, make.a_grant(role, hall.elsewhere).person)

    assert answers(doors, client, "here") == meant(doors, OPEN | {Policy.SIGNED_IN})


@pytest.mark.parametrize("role", sorted(EVERYBODY - {Role.FUNDER}))
def test_role_without_a_second_factor_opens_nothing(doors, hall, client, role):
    signed_in(client, make.a_grant(role, hall.here).person, second_factor=False)

    fresh = {
        (str(rule), method) for rule, method in ways_in(doors) if doors.view_functions[rule.endpoint].wants_fresh_factor
    }
    expected = meant(doors, OPEN | {Policy.SIGNED_IN})
    assert answers(doors, client, "here") == {way: may and way not in fresh for way, may in expected.items()}


def test_funder_needs_a_second_factor_for_exact_figures_alone(app):
    from forum.roles.rules import needs_second_factor, satisfies

    edition = make.an_edition()
    public = make.a_grant(Role.FUNDER, edition)
    internal = make.a_grant(Role.FUNDER, edition, sees_internal_statistics=True)

    assert [needs_second_factor(public), needs_second_factor(internal)] == [False, True]
    assert [satisfies(one, Policy.INTERNAL_STATISTICS) for one in (public, internal)] == [False, True]


def test_wrong_policy_of_one_view_is_found(doors, hall, client):
    """The matrix can fail: a view that is opened to anybody by mistake shows."""
    signed_in(client, make.a_person())
    doors.view_functions["roles.people"].policy = Policy.SIGNED_IN
    try:
        found = answers(doors, client, "here")
    finally:
        doors.view_functions["roles.people"].policy = Policy.PEOPLE

    wrong = {way for way, may in meant(doors, OPEN | {Policy.SIGNED_IN}).items() if found[way] != may}
    assert wrong == {("/<lang>/<slug>/manage/people/", "GET")}


def test_table_of_policies_names_every_policy():
    assert frozenset(MEANT) | OPEN | {Policy.SIGNED_IN} == frozenset(Policy)


def test_forbidden_and_absent_answer_alike(app, client):
    make.an_edition(slug="aaaa")
    signed_in(client, make.a_person())

    forbidden, absent = client.get("/en/aaaa/manage/people/"), client.get("/en/bbbb/manage/people/")

    assert (forbidden.status_code, absent.status_code) == (404, 404)
    assert forbidden.get_data(as_text=True).replace("aaaa", "bbbb") == absent.get_data(as_text=True)
    assert {**forbidden.headers} == {**absent.headers}


def test_visitor_is_asked_to_sign_in_whether_or_not_the_edition_exists(app, client):
    make.an_edition(slug="here")

    locations = {client.get(f"/en/{slug}/manage/people/").location for slug in ("here", "nowhere")}

    assert locations == {"/en/sign-in"}


def test_words_written_while_the_sign_in_ended_are_shown(app, client):
    person = make.a_grant(Role.ORGANISER, make.an_edition(slug="here")).person
    path, body = "/en/here/manage/mailings/new", "Dear all,\n<b>the programme</b> is out."
    form = get(signed_in(client, person), path)
    db.session.execute(update(SignIn).values(ended_at=utcnow()))

    answer = submit(client, form, subject_en="The programme is out", body_en=body)

    assert answer.status_code == 403
    words = ["".join(one.itertext()) for one in parsed(answer, path).all("pre")]
    assert words == ["The programme is out", body]
    with client.session_transaction() as cookie:
        assert cookie["wanted"] == {"endpoint": "mailings.new", "values": {"lang": "en", "slug": "here"}}


def test_press_of_who_is_signed_out_leads_to_the_sign_in(app, client):
    form = get(signed_in(client, make.a_person()), "/en/account/addresses/")
    db.session.execute(update(SignIn).values(ended_at=utcnow()))

    answer = submit(client, form, email="new@example.org")

    assert (answer.status_code, answer.location) == (303, "/en/sign-in")


def test_file_in_place_of_a_text_is_no_text(app, client):
    given = {"csrf_token": get(client, "/en/sign-in").token, "email": (BytesIO(b"amina@example.org"), "email.txt")}

    answer = client.post("/en/sign-in", data=given, content_type="multipart/form-data")

    assert answer.status_code == 422
    assert "Enter your e-mail address." in parsed(answer, "/en/sign-in").text


@pytest.mark.parametrize("given", [["email"], {"email": 5}, {"email": "\ud800@example.org"}])
def test_json_in_place_of_a_form_holds_no_text(app, client, given):
    token = get(client, "/en/sign-in").token

    answer = client.post("/en/sign-in", json=given, headers={"X-CSRFToken": token})

    assert answer.status_code == 422


@pytest.mark.parametrize("path", ["/en/here/manage/people/a%00b/withdraw", "/en/account/invitations/a%00b/accept"])
def test_nul_in_an_address_is_not_there(app, client, path):
    signed_in(client, make.a_grant(Role.ORGANISER, make.an_edition(slug="here")).person)
    token = get(client, "/en/account/").token

    assert client.post(path, data={"csrf_token": token}).status_code == 404
