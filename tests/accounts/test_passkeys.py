"""Passkeys: made, used, and everything about an answer that must be right."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.accounts import challenges, passkeys, queries
from forum.accounts.models import Passkey, Proof, SignIn, UsedChallenge
from forum.accounts.passkeys import Challenge, PasskeyKnown, PasskeyRefused, RelyingParty, TooManyPasskeys
from forum.audit.models import AuditEntry
from forum.audit.services import Actor
from forum.db import db
from forum.mail.models import OutboxMail
from forum.roles.models import Role
from tests import make
from tests.accounts.soft_passkey import PRESENT, SoftPasskey, to_text
from tests.asked import counted
from tests.page import get, parsed, submit
from tests.signed_in import signed_in

QUERIES = 8
"""Of the page of factors."""
HERE = RelyingParty("localhost", "http://localhost")
NEW = "/en/account/factors/passkeys/new"
SIGN_IN, SECOND, FACTORS = "/en/sign-in", "/en/sign-in/second", "/en/account/factors"


def asked_at(at=make.NOON, value=b"c" * 32):
    return Challenge(value, HERE, at)


def by(person):
    return Actor(person.uid, "self")


def a_passkey(person, soft=None, *, name="My phone"):
    """A passkey of `person`, and the software that answers for it."""
    soft = soft or SoftPasskey()
    answer = soft.create(passkeys.creation_options(party=HERE, challenge=b"n" * 32, person=person))
    challenge = Challenge(b"n" * 32, HERE, make.NOON)
    db.session.query(UsedChallenge).delete()
    passkey = passkeys.register(
        person=person, challenge=challenge, answer=answer, name=name, by=by(person), at=make.NOON
    )
    db.session.commit()
    return passkey, soft


def options_of(page):
    """What the page's script would ask the browser."""
    return page.all("form", data_milliseconds="270000")[0].get("data-options")


def sign_in_by(client, soft, *, page=None):
    page = page or get(client, SIGN_IN)
    return submit(client, page, action="/en/sign-in/passkey", answer=soft.get(options_of(page)))


def is_signed_in(client):
    return client.get("/en/account/").status_code == 200


def test_first_passkey_brings_recovery_codes_a_letter_and_an_entry(app, client):
    person = make.a_person()
    signed_in(client, person, second_factor=False)
    page = get(client, NEW)

    answer = submit(client, page, answer=SoftPasskey().create(options_of(page)), name="My phone")

    assert answer.status_code == 200
    assert [one.name for one in queries.passkeys_of(person)] == ["My phone"]
    assert len(queries.recovery_codes_left(person)) == 10
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["accounts.add_passkey", "accounts.make_recovery_codes"]
    assert db.session.scalars(select(OutboxMail.kind)).all() == ["accounts.passkey_added"]
    assert db.session.scalars(select(SignIn.second_factor_at)).one() is not None


def test_new_passkey_that_was_not_given_is_said_so(app, client):
    signed_in(client, make.a_person())

    answer = submit(client, get(client, NEW), name="My phone")

    assert answer.status_code == 422
    assert parsed(answer, NEW).texts("p", class_="fault") == ["No passkey was given. Try again, or take another way."]


def test_page_that_makes_a_passkey_names_nobody(app, client):
    person = make.a_person(name="Amina", email="amina@example.org")
    signed_in(client, person)
    asked = json.loads(options_of(get(client, NEW)))

    assert asked["user"] == {"id": to_text(person.uid.bytes), "name": "localhost", "displayName": "localhost"}
    assert asked["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert asked["attestation"] == "none"


def test_passkey_alone_signs_in_as_both_proofs(app, client):
    person = make.a_person()
    a, soft = a_passkey(person)

    answer = sign_in_by(client, soft)

    assert (answer.status_code, answer.location) == (303, "/en/account/")
    one = db.session.scalars(select(SignIn)).one()
    assert (one.person_id, one.proof, one.second_factor_at is not None) == (person.id, Proof.PASSKEY, True)
    db.session.refresh(a)
    assert (a.sign_count, a.last_used_at is not None) == (1, True)


def test_same_cookie_and_answer_sent_again_are_refused(app, client):
    _, soft = a_passkey(make.a_person())
    page = get(client, SIGN_IN)
    cookie = client.get_cookie("jukwaa").value
    form = {"answer": soft.get(options_of(page)), "csrf_token": page.token}
    assert client.post("/en/sign-in/passkey", data=form).location == "/en/account/"
    db.session.scalars(select(Passkey)).one().sign_count = 0  # So that the counter is not what refuses it.
    db.session.commit()

    client.set_cookie("jukwaa", cookie)
    again = client.post("/en/sign-in/passkey", data=form)

    assert again.location == SIGN_IN
    assert not is_signed_in(client)


def test_challenge_is_gone_from_the_cookie_once_answered(app, client):
    _, soft = a_passkey(make.a_person())
    page = get(client, SIGN_IN)
    form = {"answer": soft.get(options_of(page)), "csrf_token": page.token}
    soft.key = SoftPasskey().key
    assert client.post("/en/sign-in/passkey", data={**form, "answer": soft.get(options_of(page))}).location == SIGN_IN

    assert client.post("/en/sign-in/passkey", data=form).location == SIGN_IN
    assert not is_signed_in(client)


def test_answer_after_five_minutes_is_refused(app):
    person = make.a_person()
    _, soft = a_passkey(person)
    answer = soft.get(passkeys.request_options(party=HERE, challenge=b"c" * 32))

    with pytest.raises(PasskeyRefused):
        passkeys.prove(challenge=asked_at(), answer=answer, at=make.NOON + timedelta(minutes=5))
    db.session.rollback()

    just = make.NOON + timedelta(minutes=5, seconds=-1)
    assert passkeys.prove(challenge=asked_at(), answer=answer, at=just).person_id == person.id


def test_used_challenges_are_forgotten_when_they_are_too_old_to_be_answered(app):
    passkeys.use_challenge(asked_at(value=b"1" * 32), at=make.NOON)
    passkeys.use_challenge(asked_at(at=make.NOON + timedelta(hours=1)), at=make.NOON + timedelta(hours=1))

    assert len(db.session.scalars(select(UsedChallenge)).all()) == 1


WRONG = {
    "another origin": {"origin": "http://localhost.example.org"},
    "another port": {"origin": "http://localhost:8000"},
    "without encryption": {"origin": "https://localhost"},
    "another site": {"host": "example.org"},
    "nobody verified": {"flags": PRESENT},
    "nobody present": {"flags": 4},
    "inside another page": {"cross_origin": True},
    "another key": {"key": SoftPasskey().key},
    "an unknown passkey": {"credential_id": b"unknown"},
    "nobody's handle": {"handle": None},
    "another's handle": {"handle": b"x" * 16},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_answer_with_anything_wrong_is_refused(app, client, wrong):
    _, soft = a_passkey(make.a_person())
    for name, value in wrong.items():
        setattr(soft, name, value)

    assert sign_in_by(client, soft).location == SIGN_IN
    assert not is_signed_in(client)


def test_answer_says_what_to_do_when_refused(app, client):
    sign_in_by(client, SoftPasskey(handle=b"x" * 16))

    assert get(client, SIGN_IN).texts("p", class_="fault") == [
        "This passkey was not taken: it is not known here, or more than five minutes passed. Try again."
    ]


@pytest.mark.parametrize("kept", [7, 8], ids=["same", "lower"])
def test_counter_that_does_not_grow_is_refused(app, client, kept):
    passkey, soft = a_passkey(make.a_person())
    passkey.sign_count = kept
    soft.count = 6  # Says 7.
    db.session.commit()

    assert sign_in_by(client, soft).location == SIGN_IN
    assert not is_signed_in(client)


NONSENSE = [
    "",
    "{",
    "[]",
    "null",
    "1",
    '"x"',
    "[" * 9_000,
    "\x00",
    "x" * 20_001,
    '{"id": 1}',
    '{"id": "é", "rawId": "é", "type": "public-key", "response": {}}',
    json.dumps(
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {"clientDataJSON": to_text(b'{"type":[],"challenge":1,"origin":{}}')},
        }
    ),
    json.dumps(
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {
                "clientDataJSON": to_text(b"\xff"),
                "authenticatorData": "AA",
                "signature": "AA",
                "attestationObject": "AA",
            },
        }
    ),
]


@pytest.mark.parametrize("answer", NONSENSE, ids=lambda text: text[:20])
@pytest.mark.parametrize("path", [SIGN_IN, SECOND, NEW])
def test_nonsense_is_refused_in_words(app, client, path, answer):
    person = make.a_person()
    a_passkey(person)
    if path != SIGN_IN:
        signed_in(client, person)
    page = get(client, path)
    form = page.all("form", data_milliseconds="270000")[0]

    refusal = submit(client, page, action=form.get("action"), answer=answer, name="Mine")

    assert refusal.status_code in (303, 422)
    assert len(queries.passkeys_of(person)) == 1


def test_answer_for_one_purpose_is_none_for_another(app, client):
    person = make.a_person()
    _, soft = a_passkey(person)
    signed_in(client, person, second_factor=False)
    page = get(client, SECOND)
    form = {"answer": soft.get(options_of(page)), "csrf_token": page.token}

    assert client.post("/en/sign-in/passkey", data=form).location == SIGN_IN
    assert client.post("/en/sign-in/second/passkey", data=form).location == "/en/account/"


def test_second_proof_opens_the_page_that_was_wanted(app, client):
    grant = make.a_grant(Role.ORGANISER)
    _, soft = a_passkey(grant.person)
    signed_in(client, grant.person, second_factor=False)
    wanted = f"/en/{grant.edition.slug}/manage/"
    assert client.get(wanted).location == SECOND
    page = get(client, SECOND)

    answer = submit(client, page, action=f"{SECOND}/passkey", answer=soft.get(options_of(page)))

    assert answer.location == wanted
    assert client.get(wanted).status_code == 200


def test_passkey_of_somebody_else_is_no_second_proof(app, client):
    person = make.a_person()
    a_passkey(person)
    _, others = a_passkey(make.a_person())
    signed_in(client, person, second_factor=False)
    page = get(client, SECOND)

    answer = submit(client, page, action=f"{SECOND}/passkey", answer=others.get(options_of(page)))

    assert answer.location == SECOND
    assert db.session.scalars(select(SignIn.second_factor_at)).all() == [None]


def test_counter_may_be_as_high_as_there_is(app, client):
    """It has 32 bits (WebAuthn Level 3, 6.1), of which a column of PostgreSQL holds 31."""
    passkey, soft = a_passkey(make.a_person(), SoftPasskey(count=2**32 - 3))

    locations = [sign_in_by(app.test_client(), soft).location for _ in range(2)]

    assert locations == ["/en/account/", "/en/account/"]
    db.session.refresh(passkey)
    assert passkey.sign_count == 2**31 - 1


def test_passkey_that_an_account_has_already_is_refused(app):
    person = make.a_person()
    _, soft = a_passkey(person)

    with pytest.raises(PasskeyKnown):
        a_passkey(make.a_person(), soft)


def test_account_holds_twenty_passkeys_at_most(app):
    person = make.a_person()
    for _ in range(passkeys.MOST_PASSKEYS):
        a_passkey(person)

    with pytest.raises(TooManyPasskeys):
        a_passkey(person)


@pytest.mark.parametrize("wrong", [{"origin": "https://localhost"}, {"host": "a.org"}, {"flags": PRESENT}], ids=str)
def test_new_passkey_with_anything_wrong_is_refused(app, wrong):
    with pytest.raises(PasskeyRefused):
        a_passkey(make.a_person(), SoftPasskey(**wrong))


def test_passkey_is_renamed_and_removed(app, client):
    person = make.a_person()
    passkey, _ = a_passkey(person)
    path = f"{FACTORS}/passkeys/{passkey.uid}"
    signed_in(client, person)

    assert submit(client, get(client, path), action=path, name="Blue key").location == FACTORS
    assert [one.name for one in queries.passkeys_of(person)] == ["Blue key"]
    assert submit(client, get(client, path), action=f"{path}/remove").location == FACTORS
    assert queries.passkeys_of(person) == []
    assert db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all() == [
        "accounts.add_passkey",
        "accounts.rename_passkey",
        "accounts.remove_passkey",
    ]
    assert "Blue key" not in str(db.session.scalars(select(AuditEntry.changes)).all())
    assert db.session.scalars(select(OutboxMail.kind)).all() == ["accounts.passkey_removed"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61], ids=["none", "blank", "long"])
def test_passkey_needs_a_name_that_fits(app, client, name):
    person = make.a_person()
    passkey, _ = a_passkey(person)
    path = f"{FACTORS}/passkeys/{passkey.uid}"
    signed_in(client, person)

    assert submit(client, get(client, path), action=path, name=name).status_code == 422


def test_proof_asked_for_before_a_passkey_leads_back_to_it(app, client):
    person = make.a_person()
    passkey, soft = a_passkey(person)
    path = f"{FACTORS}/passkeys/{passkey.uid}"
    signed_in(client, person, second_factor=False)
    assert client.get(path).location == SECOND
    page = get(client, SECOND)

    answer = submit(client, page, action=f"{SECOND}/passkey", answer=soft.get(options_of(page)))

    assert answer.location == path


def test_passkey_of_another_person_is_not_found(app, client):
    passkey, _ = a_passkey(make.a_person())
    path = f"{FACTORS}/passkeys/{passkey.uid}"
    signed_in(client, make.a_person())
    form = {"name": "Mine", "csrf_token": get(client, NEW).token}

    assert client.get(path).status_code == 404
    assert client.post(path, data=form).status_code == 404
    assert client.post(f"{path}/remove", data=form).status_code == 404
    assert db.session.scalars(select(Passkey.uid)).all() == [passkey.uid]


@pytest.mark.parametrize(
    ("public_url", "asked_at", "origin"),
    [
        ("", "http://localhost:8000", "http://localhost:8000"),
        ("", "http://localhost", "http://localhost"),
        ("", "http://127.0.0.1:8000", None),
        ("", "http://[::1]:8000", None),
        ("", "http://forum.example.org", None),
        ("https://forum.example.org", "http://forum.example.org", "https://forum.example.org"),
        ("https://forum.example.org:443", "https://forum.example.org", "https://forum.example.org"),
        ("https://forum.example.org:8443", "https://forum.example.org", "https://forum.example.org:8443"),
        ("https://Forum.Example.org", "https://forum.example.org", "https://forum.example.org"),
        ("https://forum.example.org", "http://jukwaaabcdefgh.onion", None),
        ("https://192.0.2.1", "https://192.0.2.1", None),
        ("https://münchen.example", "https://xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example"),
    ],
)
def test_site_is_known_to_passkeys_by_its_name_and_encryption(app, monkeypatch, public_url, asked_at, origin):
    monkeypatch.setitem(app.config, "PUBLIC_URL", public_url)
    monkeypatch.setitem(app.config, "TRUSTED_HOSTS", None)
    with app.test_request_context("/", base_url=asked_at):
        party = challenges.site()

    assert (party.origin if party else None) == origin


def test_page_at_a_number_offers_no_passkey_and_says_why(app, client):
    answer = client.get(SIGN_IN, base_url="http://127.0.0.1").get_data(as_text=True)

    assert "passkeys.js" not in answer
    assert "Passkeys do not work at this address." in answer


OPEN = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def test_scripts_run_on_pages_that_ask_for_a_passkey_alone(app, client):
    person = make.a_person()
    a_passkey(person)
    assert client.get(SIGN_IN).headers["Content-Security-Policy"] == f"{OPEN}; script-src 'self'"
    assert client.get(SIGN_IN, base_url="http://127.0.0.1").headers["Content-Security-Policy"] == OPEN
    signed_in(client, person)
    policies = {path: client.get(path).headers["Content-Security-Policy"] for path in (NEW, SECOND, FACTORS)}

    assert policies == {NEW: f"{OPEN}; script-src 'self'", SECOND: f"{OPEN}; script-src 'self'", FACTORS: OPEN}


def test_library_is_not_loaded_before_somebody_asks_for_a_passkey():
    import subprocess
    import sys

    code = "import sys, forum; print('webauthn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"


@pytest.mark.parametrize("many", [1, 3])
def test_page_of_factors_asks_the_same_whatever_there_is(app, client, many):
    person = make.a_person()
    for _ in range(many):
        a_passkey(person)
    signed_in(client, person)

    with counted() as asked:
        client.get(FACTORS)

    assert len(asked) == QUERIES, asked


def test_times_are_in_the_zone_of_the_reader(app, client):
    person = make.a_person(time_zone="Africa/Lusaka")
    a_passkey(person)
    signed_in(client, person)

    text = get(client, FACTORS).text
    assert "Made 1 May 2026, 14:00 · not used yet" in text
