"""Authenticator apps, recovery codes, and when a second proof is asked for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pyotp
import pytest
from sqlalchemy import select

from forum.accounts import factors, queries
from forum.accounts.factors import FactorRefused, LastFactor, plain_code
from forum.accounts.models import RecoveryCode, SignIn
from forum.accounts.rules import FRESH
from forum.audit.models import AuditEntry
from forum.audit.services import Actor
from forum.db import begin_writing, db, utcnow
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from forum.roles.models import Role
from tests import make
from tests.page import get, parsed, submit
from tests.signed_in import signed_in

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = timedelta(seconds=factors.STEP_SECONDS)
FACTORS, APP, SECOND = "/en/account/factors", "/en/account/factors/authenticator", "/en/sign-in/second"


def shown(at, seed=SEED):
    """What the app shows at that moment."""
    return pyotp.TOTP(seed).at(at)


def by(person):
    return Actor(person.uid, "self")


def with_app(person, *, at=make.NOON - timedelta(hours=1)):
    """The same person with an authenticator app, set up some time before."""
    factors.confirm_authenticator(person=person, seed=SEED, code=shown(at), by=by(person), at=at)
    db.session.commit()
    return person


def codes_of(person):
    codes = factors.make_recovery_codes(person=person, by=by(person), at=make.NOON)
    db.session.commit()
    return codes


def use(person, code, at=make.NOON):
    return factors.use_code(person=person, code=code, by=by(person), at=at)


def fault_of(answer, path):
    """What a page says beside its field."""
    assert answer.status_code == 422
    return parsed(answer, path).texts("small")[0]


WRONG = "This code does not fit, or was used before. Wait until the app shows the next one, then type that."


@pytest.mark.parametrize("apart", [-1, 0, 1])
def test_code_of_a_clock_one_step_apart_is_taken(app, apart):
    person = with_app(make.a_person())

    assert use(person, shown(make.NOON + apart * STEP)) is None


@pytest.mark.parametrize("apart", [-2, 2])
def test_code_of_a_clock_two_steps_apart_is_refused(app, apart):
    person = with_app(make.a_person())

    with pytest.raises(FactorRefused):
        use(person, shown(make.NOON + apart * STEP))


def test_used_code_is_refused(app):
    person = with_app(make.a_person())
    use(person, shown(make.NOON))

    with pytest.raises(FactorRefused):
        use(person, shown(make.NOON))


def test_older_code_than_the_last_used_is_refused(app):
    person = with_app(make.a_person())
    use(person, shown(make.NOON))

    with pytest.raises(FactorRefused):
        use(person, shown(make.NOON - STEP))
    assert use(person, shown(make.NOON + STEP)) is None


def test_code_that_set_the_app_up_proves_nothing_more(app):
    person = with_app(make.a_person(), at=make.NOON)

    with pytest.raises(FactorRefused):
        use(person, shown(make.NOON))


def test_app_that_was_never_confirmed_proves_nothing(app):
    person = with_app(make.a_person())
    queries.authenticator_of(person).confirmed_at = None

    with pytest.raises(FactorRefused):
        use(person, shown(make.NOON))


def test_code_of_another_person_is_refused(app):
    with_app(make.a_person())
    other = make.a_person()

    with pytest.raises(FactorRefused):
        use(other, shown(make.NOON))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" 123 456 ", "123456"),
        ("١٢٣٤٥٦", "123456"),
        ("１２３４５６", "123456"),
        ("k7qf-2m9x", "K7QF2M9X"),
        ("oOiIlL", "001111"),
        ("\x00\u202e12", "12"),
    ],
)
def test_code_is_read_as_it_was_meant(typed, meant):
    assert plain_code(typed) == meant


def test_recovery_code_is_good_once(app):
    person = with_app(make.a_person())
    first, *_ = codes_of(person)

    assert use(person, first.lower()).used_at == make.NOON
    with pytest.raises(FactorRefused):
        use(person, first)
    assert len(queries.recovery_codes_left(person)) == 9


def test_new_recovery_codes_void_the_old(app):
    person = with_app(make.a_person())
    old, *_ = codes_of(person)
    new, *_ = codes_of(person)

    with pytest.raises(FactorRefused):
        use(person, old)
    assert use(person, new) is not None


def test_recovery_code_of_another_person_is_refused(app):
    code, *_ = codes_of(with_app(make.a_person()))

    with pytest.raises(FactorRefused):
        use(with_app(make.a_person()), code)


def test_recovery_codes_hold_eighty_bits_and_no_doubtful_letter(app):
    codes = codes_of(make.a_person())

    assert [len(plain_code(code)) * 5 for code in codes] == [80] * 10
    assert len(set(codes)) == 10
    assert {len(group) for code in codes for group in code.split()} == {4}
    assert not set("".join(codes)) & set("ILOU")


def test_recovery_codes_are_kept_as_digests(app):
    code, *_ = codes_of(make.a_person())
    kept = b"".join(db.session.scalars(select(RecoveryCode.digest)))

    assert len(kept) == 32 * 10
    assert plain_code(code).encode() not in kept


def test_role_keeps_its_last_factor(app):
    person = with_app(make.a_person())

    with pytest.raises(LastFactor):
        factors.remove_authenticator(person=person, is_needed=True, by=by(person), at=make.NOON)


def test_recovery_codes_go_with_the_last_factor(app):
    person = with_app(make.a_person())
    codes_of(person)

    factors.remove_authenticator(person=person, is_needed=False, by=by(person), at=make.NOON)

    assert queries.recovery_codes_left(person) == []


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_code_sent_many_times_at_once_is_taken_once(app, kind):
    person = with_app(make.a_person())
    code = shown(make.NOON) if kind == "app" else codes_of(person)[0]
    together = Barrier(8)

    def attempt(_):
        with app.app_context():
            queries.person_by_id(person_id)
            db.session.rollback()  # Each has its connection now, so that none is late.
            together.wait()
            begin_writing()
            try:
                use(queries.person_by_id(person_id), code)
                db.session.commit()
            except FactorRefused:
                db.session.rollback()
                return 0
            return 1

    person_id = person.id
    db.session.commit()
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(attempt, range(8)))

    assert sum(taken) == 1


# The pages.


def set_up(client, page=None, **fields):
    """The answer to the first code of the app whose key a page shows."""
    page = page or get(client, APP)
    seed = page.texts("code")[0].replace(" ", "")
    return submit(client, page, **{"code": shown(utcnow(), seed), **fields})


def test_first_factor_is_set_up_right_after_signing_in_by_mail(app, client):
    person = make.a_person(email="amina@example.org")
    signed_in(client, person, second_factor=False)

    page = parsed(set_up(client), APP)

    assert page.h1 == "Your recovery codes"
    assert len(page.all("code")) == 10
    assert queries.has_second_factor(person)
    assert db.session.scalars(select(SignIn.second_factor_at)).one() is not None
    assert db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all() == [
        "accounts.add_authenticator",
        "accounts.make_recovery_codes",
    ]


def test_page_that_sets_up_shows_one_key_until_it_is_confirmed(app, client):
    signed_in(client, make.a_person(email="amina@example.org"), second_factor=False)
    first, again = get(client, APP), get(client, APP)
    link = next(one.get("href") for one in first.all("a") if one.get("href").startswith("otpauth:"))
    seed = first.texts("code")[0].replace(" ", "")

    assert first.texts("code") == again.texts("code")
    assert link == f"otpauth://totp/Jukwaa:localhost?secret={seed}&issuer=Jukwaa"
    assert [one.get("class") for one in first.all("{http://www.w3.org/2000/svg}svg")] == ["sign", "qr"]
    with client.session_transaction() as cookie:
        assert seed not in str(dict(cookie))


def test_wrong_first_code_sets_nothing_up(app, client):
    person = make.a_person()
    signed_in(client, person, second_factor=False)

    assert fault_of(set_up(client, code="000 000"), APP) == WRONG
    assert queries.authenticator_of(person) is None


def test_mail_alone_adds_no_factor_beside_one_that_exists(app, client):
    person = with_app(make.a_person())
    signed_in(client, person, second_factor=False)
    token = get(client, SECOND).token

    for path in (APP, f"{FACTORS}/passkeys/new"):
        assert client.get(path).location == SECOND
    for path in (APP, f"{APP}/remove", f"{FACTORS}/recovery-codes", f"{FACTORS}/passkeys/new"):
        assert client.post(path, data={"csrf_token": token, "code": "1", "name": "x"}).location == SECOND
    assert queries.authenticator_of(person).seed == SEED
    assert queries.recovery_codes_left(person) == []


def test_factor_shown_too_long_ago_adds_none(app, client):
    person = with_app(make.a_person())
    signed_in(client, person)
    db.session.scalars(select(SignIn)).one().second_factor_at = utcnow() - FRESH
    db.session.commit()

    assert client.get(APP).location == SECOND


def test_app_set_up_anew_takes_the_place_of_the_old(app, client):
    person = with_app(make.a_person())
    signed_in(client, person)

    assert set_up(client).location == FACTORS
    with pytest.raises(FactorRefused):
        use(person, shown(make.NOON))
    assert db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(1)).one() == (
        "accounts.replace_authenticator"
    )


def test_next_app_is_set_up_with_another_key(app, client):
    signed_in(client, make.a_person(), second_factor=False)
    page = get(client, APP)
    set_up(client, page)

    assert get(client, APP).texts("code") != page.texts("code")


def test_proof_asked_for_in_between_leads_back(app, client):
    person = with_app(make.a_person())
    signed_in(client, person, second_factor=False)
    client.get(APP)
    assert submit(client, get(client, SECOND), code=shown(utcnow())).location == APP

    db.session.scalars(select(SignIn)).one().second_factor_at = utcnow() - FRESH
    db.session.commit()
    submit(client, get(client, FACTORS), action=f"{APP}/remove")
    again = submit(client, get(client, SECOND), code=shown(utcnow() + STEP))

    assert again.location == FACTORS
    assert queries.has_second_factor(person)


def test_persona_of_the_demo_goes_on_by_one_press(app, client):
    grant = make.a_grant(Role.ORGANISER, person=make.a_person(persona="organiser"))
    submit(client, get(client, "/en/sign-in"), button="persona=organiser")
    db.session.scalars(select(SignIn)).one().second_factor_at = None
    db.session.commit()
    wanted = f"/en/{grant.edition.slug}/manage/"
    assert client.get(wanted).location == SECOND

    answer = submit(client, get(client, SECOND), button="persona=organiser")

    assert answer.location == wanted
    assert client.get(wanted).status_code == 200


def test_person_who_is_no_persona_is_offered_no_way_around(app, client):
    make.a_person(persona="organiser")
    signed_in(client, make.a_person(), second_factor=False)

    assert get(client, SECOND).all("button") == []


def test_app_is_removed_with_a_letter_about_it(app, client):
    person = with_app(make.a_person(email="amina@example.org", language="fr", time_zone="Africa/Lusaka"))
    signed_in(client, person)

    answer = submit(client, get(client, FACTORS), action=f"{APP}/remove")

    assert answer.location == FACTORS
    mail = db.session.scalars(select(OutboxMail)).one()
    assert (mail.kind, mail.language, mail.person_id) == ("accounts.authenticator_removed", "fr", person.id)
    letter = Letter.from_json(mail.letter)
    assert (letter.to, letter.url) == ("amina@example.org", "http://localhost/fr/account/factors")
    assert "authent" not in letter.subject.lower()


def test_last_factor_of_staff_stays(app, client):
    person = make.a_grant(Role.ORGANISER, person=with_app(make.a_person())).person
    signed_in(client, person)

    submit(client, get(client, FACTORS), action=f"{APP}/remove")

    assert get(client, FACTORS).texts("p", class_="fault") == [
        "Your role needs a second proof, and this is your only one. Add another before you remove it."
    ]
    assert queries.has_second_factor(person)


def test_code_opens_the_page_that_was_wanted(app, client):
    grant = make.a_grant(Role.ORGANISER, person=with_app(make.a_person()))
    signed_in(client, grant.person, second_factor=False)
    wanted = f"/en/{grant.edition.slug}/manage/"
    assert client.get(wanted).location == SECOND

    answer = submit(client, get(client, SECOND), code=shown(utcnow()))

    assert answer.location == wanted
    assert client.get(wanted).status_code == 200


def test_role_without_a_factor_is_led_through_to_the_page_wanted(app, client):
    grant = make.a_grant(Role.ORGANISER)
    signed_in(client, grant.person, second_factor=False)
    wanted = f"/en/{grant.edition.slug}/manage/"
    client.get(wanted)
    offer = get(client, SECOND)
    assert [one.get("href") for one in offer.all("a", class_="button")] == [f"{FACTORS}/passkeys/new", APP]

    page = parsed(set_up(client), APP)

    assert page.all("a", class_="button")[0].get("href") == wanted
    assert client.get(wanted).status_code == 200


def test_recovery_code_opens_and_says_how_many_are_left(app, client):
    person = with_app(make.a_person())
    first, *_ = codes_of(person)
    signed_in(client, person, second_factor=False)

    assert submit(client, get(client, SECOND), code=first).location == "/en/account/"
    assert get(client, FACTORS).texts("p", class_="notice") == ["That recovery code is used up. You have 9 left."]
    assert db.session.scalars(select(OutboxMail.kind)).all() == ["accounts.recovery_code_used"]


def test_codes_are_tried_ten_times_and_no_more(app, client):
    person = with_app(make.a_person())
    signed_in(client, person, second_factor=False)
    page = get(client, SECOND)
    for _ in range(10):
        assert fault_of(submit(client, page, code="000000"), SECOND) == WRONG

    answer = submit(client, page, code=shown(utcnow()))

    assert fault_of(answer, SECOND).startswith("That was tried too often.")
    assert db.session.scalars(select(SignIn.second_factor_at)).one() is None


def test_tries_of_one_person_do_not_count_for_another(app, client):
    one, other = with_app(make.a_person()), with_app(make.a_person())
    signed_in(client, one, second_factor=False)
    page = get(client, SECOND)
    for _ in range(11):
        submit(client, page, code="000000")

    signed_in(client, other, second_factor=False)
    assert submit(client, get(client, SECOND), code=shown(utcnow())).location == "/en/account/"


def test_recovery_codes_need_a_factor_that_they_stand_in_for(app, client):
    person = make.a_person()
    signed_in(client, person, second_factor=False)
    token = get(client, APP).token

    assert client.post(f"{FACTORS}/recovery-codes", data={"csrf_token": token}).location == FACTORS
    assert queries.recovery_codes_left(person) == []


def test_new_codes_are_shown_once_to_be_printed_and_saved(app, client):
    person = with_app(make.a_person())
    signed_in(client, person)

    page = parsed(submit(client, get(client, FACTORS), action=f"{FACTORS}/recovery-codes"), FACTORS)

    codes = page.texts("code")
    saved = page.all("a", download="jukwaa.txt")[0].get("href")
    assert saved == "data:text/plain;charset=utf-8," + "%0D%0A".join(code.replace(" ", "%20") for code in codes)
    assert page.headers["Cache-Control"] == "no-store"
    assert get(client, FACTORS).text.count(codes[0]) == 0
    assert use(person, codes[9]) is not None


def test_every_post_wants_a_token_of_ours(app, client):
    person = with_app(make.a_person())
    signed_in(client, person)

    for path in (APP, f"{APP}/remove", f"{FACTORS}/recovery-codes", SECOND, f"{FACTORS}/passkeys/new"):
        assert client.post(path, data={"code": shown(utcnow())}).status_code == 400
    assert queries.has_second_factor(person)


def test_pages_are_not_kept_by_browsers(app, client):
    signed_in(client, make.a_person())

    for path in (FACTORS, APP, SECOND):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_code_that_set_an_app_up_does_not_set_it_up_again(app):
    at = make.NOON
    person = with_app(make.a_person(), at=at)

    with pytest.raises(FactorRefused):
        factors.confirm_authenticator(person=person, seed=SEED, code=shown(at), by=by(person), at=at)
