"""Signing in by mail: what opens it, what does not, and that an answer tells nobody who has an account."""

import re
from datetime import timedelta

import pytest
from itsdangerous import TimestampSigner
from sqlalchemy import select

from forum import create_app, limits
from forum.accounts import queries, rules, services
from forum.accounts.models import MailedKey, Person, Proof, Purpose, SignIn
from forum.db import Base, db, utcnow
from forum.limits import Counted, Limit
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from forum.roles.models import Role
from tests import make, page
from tests.asked import counted
from tests.conftest import config_for
from tests.signed_in import signed_in

SIGN_IN, CODE, OWN = "/en/sign-in", "/en/sign-in/code", "/en/account/"
AMINA = "amina@example.org"
SECRET = re.compile(r'(name="(?:csrf_token|opened|challenge|asked|signed)"[^>]*value|data-[a-z-]+|value)="[^"]*"')
"""What differs between two answers that say the same: tokens and signed moments in hidden fields."""


def ask(client, email: str = AMINA):
    """The answer to typing an address."""
    return page.submit(client, page.get(client, SIGN_IN), action=SIGN_IN, email=email)


def last_letter() -> Letter:
    db.session.expire_all()
    row = db.session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).first()
    return Letter.from_json(row.letter)


def path_in(letter: Letter) -> str:
    return letter.url.removeprefix("http://localhost")


def mailed(client, email: str = AMINA) -> Letter:
    assert ask(client, email).location == CODE
    return last_letter()


def press(client, path: str):
    return page.submit(client, page.get(client, path))


def type_code(client, code: str):
    return page.submit(client, page.get(client, CODE), code=code)


def is_signed_in(client) -> bool:
    return client.get(OWN).status_code == 200


def other_than(code: str) -> str:
    return "111111" if code != "111111" else "222222"


def rows() -> dict[str, int]:
    """How many rows each table has, but for what counts tries."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in ("limit_count", "data_key")]
    return {table.name: len(db.session.execute(table.select()).all()) for table in tables}


def test_link_signs_in_who_has_an_account(client):
    person = make.a_person(email=AMINA)

    answer = press(client, path_in(mailed(client)))

    assert (answer.status_code, answer.location) == (303, OWN)
    assert is_signed_in(client)
    found = db.session.scalars(select(SignIn)).one()
    assert (found.person_id, found.proof, found.second_factor_at) == (person.id, Proof.LINK, None)


def test_link_makes_an_account_in_the_language_of_the_page_for_who_has_none(client):
    page.submit(client, page.get(client, "/fr/sign-in"), action="/fr/sign-in", email=AMINA)

    press(client, path_in(last_letter()))

    person = db.session.scalars(select(Person)).one()
    assert (person.language, [one.email for one in person.addresses], person.name) == ("fr", [AMINA], "")


def test_code_signs_in_also_with_spaces_and_arabic_digits(client):
    make.a_person(email=AMINA)
    code = mailed(client).code
    arabic = code.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    answer = type_code(client, f" {arabic[:3]} {arabic[3:]}")

    assert (answer.status_code, answer.location) == (303, OWN)
    assert db.session.scalars(select(SignIn.proof)).all() == [Proof.CODE]


def test_link_fetched_by_get_or_head_is_not_used_up(client):
    path = path_in(mailed(client))

    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        client.open(path, method=method)

    assert db.session.scalars(select(MailedKey.used_at)).all() == [None]
    assert db.session.scalars(select(SignIn)).all() == []
    assert press(client, path).location == OWN


def test_link_used_twice_is_refused(client, app):
    path = path_in(mailed(client))
    press(client, path)
    thief = app.test_client()

    answer = press(thief, path)

    assert (answer.status_code, answer.location) == (303, SIGN_IN)
    assert page.get(thief, SIGN_IN).texts("p", class_="fault") == [str(services.KeyRefused())]
    assert not is_signed_in(thief)


def test_code_after_its_link_and_link_after_its_code_are_refused(client, app):
    first = mailed(client)
    press(app.test_client(), path_in(first))
    assert type_code(client, first.code).status_code == 422

    second = mailed(client)
    type_code(client, second.code)
    assert press(app.test_client(), path_in(second)).location == SIGN_IN


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)])
def test_link_and_code_are_refused_late(client, late):
    letter = mailed(client)
    key = db.session.scalars(select(MailedKey)).one()
    assert key.expires_at - key.created_at == timedelta(minutes=10)
    key.expires_at = utcnow() - late
    db.session.commit()

    by_link, by_code = press(client, path_in(letter)), type_code(client, letter.code)

    assert (by_link.location, by_code.status_code) == (SIGN_IN, 422)
    assert not is_signed_in(client)


def test_link_and_code_of_another_purpose_are_refused(client):
    person = make.a_person()
    said = {}

    def write(token, code):
        said.update(token=token, code=code)
        return Letter(to=AMINA, subject="", paragraphs=())

    key = services.mail_key(
        email=AMINA, purpose=Purpose.ADD_ADDRESS, language="en", write=write, person=person, at=utcnow()
    )
    page.get(client, SIGN_IN)
    with client.session_transaction() as cookie:
        cookie["asked"] = str(key.uid)

    by_link, by_code = press(client, f"{SIGN_IN}/link/{said['token']}"), type_code(client, said["code"])

    assert (by_link.location, by_code.status_code) == (SIGN_IN, 422)
    assert not is_signed_in(client)


def test_link_with_a_letter_changed_is_refused(client):
    path = path_in(mailed(client))

    answer = press(client, path[:-1] + ("A" if path[-1] != "A" else "B"))

    assert answer.location == SIGN_IN


def test_right_code_after_five_wrong_ones_is_refused_and_so_is_the_link(client):
    letter = mailed(client)
    for _ in range(5):
        assert type_code(client, other_than(letter.code)).status_code == 422

    answer = type_code(client, letter.code)

    shown = page.parsed(answer, CODE)
    assert (shown.status, shown.texts("small")) == (422, [str(services.CodeRefused())])
    assert press(client, path_in(letter)).location == SIGN_IN


def test_right_code_after_four_wrong_ones_signs_in(client):
    letter = mailed(client)
    for _ in range(4):
        type_code(client, other_than(letter.code))

    assert type_code(client, letter.code).location == OWN


def test_code_of_another_request_is_refused(client, app):
    mine, other = mailed(client), mailed(app.test_client(), "other@example.org")
    assert mine.code != other.code

    assert type_code(client, other.code).status_code == 422


def test_the_same_code_is_kept_differently_for_every_request(client, monkeypatch):
    monkeypatch.setattr(services.secrets, "randbelow", lambda most: 7)

    codes = [mailed(client).code for _ in range(2)]

    assert codes == ["000007", "000007"]
    assert len(set(db.session.scalars(select(MailedKey.code_digest)))) == 2


def test_code_without_having_asked_is_refused(client):
    mailed(client)
    with client.session_transaction() as cookie:
        del cookie["asked"]

    assert type_code(client, last_letter().code).status_code == 422


def test_codes_for_one_address_are_limited_over_all_requests(client, monkeypatch):
    monkeypatch.setitem(limits.LIMITS, Counted.CODE_BY_ADDRESS, Limit(3, timedelta(days=1)))
    type_code(client, other_than(mailed(client).code))
    type_code(client, other_than(mailed(client).code))
    type_code(client, other_than(mailed(client, AMINA.upper()).code))

    answer = type_code(client, last_letter().code)

    shown = page.parsed(answer, CODE)
    assert shown.status == 422
    assert re.fullmatch(r"That was tried too often\. Try again in \d+ min.*", shown.texts("small")[0])
    assert not is_signed_in(client)


def normal(answer) -> tuple[int, object, str, list[tuple[str, str]]]:
    """An answer without what is random in it."""
    headers = [(name, value) for name, value in answer.headers if name not in ("Date", "Set-Cookie")]
    return answer.status_code, answer.location, SECRET.sub(r"\1", answer.get_data(as_text=True)), headers


def test_known_and_unknown_addresses_get_the_same_answer_by_the_same_statements(client, app):
    make.a_person(email=AMINA)
    mailed(client, "warm@example.org")
    seen = []
    for email in (AMINA, "nobody@example.org", "x" * 60 + "@example.org"):
        visitor = app.test_client()
        form = page.get(visitor, SIGN_IN)
        with counted() as statements:
            answer = page.submit(visitor, form, action=SIGN_IN, email=email)
        wrong = visitor.get(CODE)
        refused = page.submit(visitor, page.parsed(wrong, CODE), code=other_than(last_letter().code))
        seen.append((normal(answer), statements, normal(wrong), normal(refused)))

    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0][1]) > 3


def test_cookie_planted_before_signing_in_is_worth_nothing_after(client, app):
    letter = mailed(client)
    planted = client.get_cookie("jukwaa").value
    press(client, path_in(letter))
    assert client.get_cookie("jukwaa").value != planted
    thief = app.test_client()
    thief.set_cookie("jukwaa", planted)

    assert not is_signed_in(thief)
    assert is_signed_in(client)


def test_secret_of_the_cookie_changes_with_every_sign_in_and_the_old_one_ends(client, app):
    make.a_person(email=AMINA)
    press(client, path_in(mailed(client)))
    before = client.get_cookie("jukwaa").value
    press(client, path_in(mailed(app.test_client())))
    old = app.test_client()
    old.set_cookie("jukwaa", before)

    assert client.get_cookie("jukwaa").value != before
    assert (is_signed_in(old), is_signed_in(client)) == (False, True)


def test_cookie_holds_no_id_of_ours_and_the_database_no_secret_of_the_cookie(client):
    press(client, path_in(mailed(client)))
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]

    assert len(token) == 43
    assert token not in str([tuple(row) for row in db.session.execute(SignIn.__table__.select())])


def test_cookie_after_signing_out_is_worth_nothing(client, app):
    signed_in(client, make.a_person())
    kept = client.get_cookie("jukwaa").value
    answer = page.submit(client, page.get(client, OWN), action="/en/sign-out")
    thief = app.test_client()
    thief.set_cookie("jukwaa", kept)

    assert (answer.status_code, answer.location) == (303, SIGN_IN)
    assert (is_signed_in(client), is_signed_in(thief)) == (False, False)
    assert page.get(client, SIGN_IN).texts("p", class_="notice") == ["You are signed out."]


POSTS = (SIGN_IN, CODE, f"{SIGN_IN}/link/token", f"{SIGN_IN}/persona")
OWN_POSTS = (
    "/en/sign-out",
    f"{OWN}profile",
    f"{OWN}addresses/",
    f"{OWN}addresses/code",
    f"{OWN}addresses/link/token",
    f"{OWN}addresses/00000000-0000-0000-0000-000000000000/primary",
    f"{OWN}addresses/00000000-0000-0000-0000-000000000000/remove",
    f"{OWN}sign-ins/code/end",
    f"{OWN}sign-ins/end-others",
    f"{OWN}data.json",
    f"{OWN}erase",
)
FILLED = {"email": AMINA, "code": "123456", "name": "New", "language": "en", "time_zone": "UTC", "understood": "y"}


@pytest.mark.parametrize("path", [*POSTS, *OWN_POSTS])
@pytest.mark.parametrize("token", ["missing", "wrong", "of another visitor"])
def test_form_that_is_not_ours_changes_nothing(client, app, path, token):
    if path in OWN_POSTS:
        signed_in(client, make.a_person())
    page.get(client, "/en/sign-in" if path in POSTS else OWN)
    other = page.held_by(page.get(app.test_client(), SIGN_IN).all("form")[0])["csrf_token"]
    given = {"missing": {}, "wrong": {"csrf_token": "x"}, "of another visitor": {"csrf_token": other}}[token]
    before = rows()

    answer = client.post(path, data={**FILLED, **given})

    db.session.expire_all()
    assert answer.status_code == 400
    assert rows() == before
    assert db.session.scalars(select(SignIn.ended_at).where(SignIn.ended_at.is_not(None))).all() == []


def test_every_post_of_accounts_is_in_the_list_above(app):
    areas = ("accounts.", "own.", "addresses.", "held.", "erasure.")
    found = {
        str(rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(areas) and "POST" in (rule.methods or ())
    }
    patterns = [
        re.compile(re.sub(r"<[^>]+>", "[^/]+", rule.replace("<lang>", "en", 1)) + "$") for rule in sorted(found)
    ]

    assert [sum(bool(pattern.match(path)) for path in (*POSTS, *OWN_POSTS)) for pattern in patterns] == [1] * len(found)
    assert len(found) == len(POSTS) + len(OWN_POSTS)


@pytest.mark.parametrize("name", ["next", "wanted", "url", "return_to", "continue"])
@pytest.mark.parametrize("where", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_request_says_where_signing_in_leads(client, name, where):
    client.get(f"{OWN}?{name}={where}")
    form = page.get(client, f"{SIGN_IN}?{name}={where}")
    page.submit(client, form, action=SIGN_IN, email=AMINA, **{name: where})
    link = path_in(last_letter())

    answer = client.post(
        f"{link}?{name}={where}", data={**page.held_by(page.get(client, link).all("form")[0]), name: where}
    )

    assert (answer.status_code, answer.location) == (303, OWN)


def test_signing_in_leads_to_the_page_that_was_asked_for_once(client):
    client.get("/en/account/profile")

    answer = press(client, path_in(mailed(client)))

    assert answer.location == "/en/account/profile"
    assert client.get(SIGN_IN).location == OWN


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", ""])
def test_forged_host_is_refused_and_nothing_is_mailed(client, host):
    form = page.held_by(page.get(client, SIGN_IN).all("form")[0])

    answer = client.post(SIGN_IN, data={**form, "email": AMINA}, headers={"Host": host})

    assert answer.status_code == 400
    assert db.session.scalars(select(OutboxMail)).all() == []


def test_link_in_the_mail_leads_to_the_public_address(client, app, monkeypatch):
    monkeypatch.setitem(app.config, "PUBLIC_URL", "https://forum.example.org")

    assert mailed(client).url.startswith("https://forum.example.org/en/sign-in/link/")


def test_form_sent_too_quickly_asks_to_wait_and_keeps_the_address(client, app, monkeypatch):
    monkeypatch.setitem(app.config, "FORM_SECONDS", 2.0)

    answer = ask(client)

    shown = page.parsed(answer, SIGN_IN)
    assert shown.status == 422
    assert shown.texts("small") == [
        "That was quicker than people are. Wait a few seconds, then press the button again."
    ]
    assert shown.all("input", id="email")[0].get("value") == AMINA
    assert db.session.scalars(select(OutboxMail)).all() == []
    monkeypatch.setitem(app.config, "FORM_SECONDS", 0.0)
    assert page.submit(client, shown, action=SIGN_IN).location == CODE


@pytest.mark.parametrize("opened", ["", "opened", "opened.AAAA.BBBB"])
def test_form_that_was_never_opened_here_asks_to_wait(client, app, monkeypatch, opened):
    monkeypatch.setitem(app.config, "FORM_SECONDS", 2.0)

    answer = page.submit(client, page.get(client, SIGN_IN), action=SIGN_IN, email=AMINA, opened=opened)

    assert answer.status_code == 422
    assert db.session.scalars(select(OutboxMail)).all() == []


def test_form_open_for_a_while_is_taken(client, app, monkeypatch):
    monkeypatch.setitem(app.config, "FORM_SECONDS", 2.0)
    form = page.get(client, SIGN_IN)
    now = TimestampSigner.get_timestamp
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda self: now(self) + 2)

    assert page.submit(client, form, action=SIGN_IN, email=AMINA).location == CODE


def test_mails_to_one_address_are_limited_and_use_up_nothing_of_the_others(client, monkeypatch):
    monkeypatch.setitem(limits.LIMITS, Counted.LINK_BY_ADDRESS, Limit(2, timedelta(hours=1)))
    monkeypatch.setitem(limits.LIMITS, Counted.LINK_EVERYWHERE, Limit(3, timedelta(hours=1)))
    for email in (AMINA, AMINA.upper()):
        mailed(client, email)

    answers = [ask(client, email).status_code for email in (AMINA, AMINA, "not an address", "other@example.org")]

    assert answers == [422, 422, 422, 303]
    assert ask(client, "third@example.org").status_code == 422
    assert len(db.session.scalars(select(OutboxMail)).all()) == 3


@pytest.mark.parametrize("path", ["/", "/en/", "/en/drif-2026/", "/en/drif-2026/agenda", "/healthz", "/nothing"])
def test_public_pages_set_no_cookie_and_depend_on_none(client, path):
    make.a_release(make.a_session(make.an_edition(slug="drif-2026")).edition)

    answer = client.get(path)

    assert answer.headers.getlist("Set-Cookie") == []
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_cookie_is_for_this_site_and_no_script(client):
    cookie = client.get(SIGN_IN).headers["Set-Cookie"]

    assert re.fullmatch(r"jukwaa=[^;]+; HttpOnly; Path=/; SameSite=Lax", cookie)


def test_cookie_over_tls_is_bound_to_the_host(database_url):
    app = create_app(config_for(database_url, PUBLIC_URL="https://forum.example.org"))
    app.testing = True
    with app.app_context():
        answer = app.test_client().get(SIGN_IN, base_url="https://forum.example.org")
        db.engine.dispose()

    assert re.fullmatch(r"__Host-jukwaa=[^;]+; Secure; HttpOnly; Path=/; SameSite=Lax", answer.headers["Set-Cookie"])


@pytest.mark.parametrize(
    ("is_staff", "column", "age", "holds"),
    [
        (True, "seen_at", rules.STAFF_IDLE - timedelta(minutes=1), True),
        (True, "seen_at", rules.STAFF_IDLE, False),
        (True, "started_at", rules.STAFF_MOST - timedelta(minutes=1), True),
        (True, "started_at", rules.STAFF_MOST, False),
        (False, "seen_at", rules.STAFF_IDLE, True),
        (False, "started_at", rules.STAFF_MOST, True),
        (False, "seen_at", rules.OTHERS_IDLE - timedelta(minutes=1), True),
        (False, "seen_at", rules.OTHERS_IDLE, False),
        (False, "started_at", rules.OTHERS_MOST - timedelta(minutes=1), True),
        (False, "started_at", rules.OTHERS_MOST, False),
    ],
)
def test_sign_in_holds_no_longer_than_it_may(client, is_staff, column, age, holds):
    person = make.a_grant(Role.DESK).person if is_staff else make.a_person()
    signed_in(client, person)
    setattr(db.session.scalars(select(SignIn)).one(), column, utcnow() - age)
    db.session.commit()

    assert is_signed_in(client) is holds


def test_being_here_is_noted_to_the_minute_alone(client):
    signed_in(client, make.a_person())
    sign_in = db.session.scalars(select(SignIn)).one()
    seen_at = sign_in.seen_at
    client.get(OWN)
    db.session.refresh(sign_in)
    assert sign_in.seen_at == seen_at
    sign_in.seen_at = earlier = utcnow() - rules.SEEN_EVERY
    db.session.commit()

    client.get(OWN)

    db.session.refresh(sign_in)
    assert sign_in.seen_at > earlier


@pytest.mark.parametrize(
    "email", ["", "amina", "a@b", "a,b@example.org", "a@example.org\r\nBcc: b@example.org", "a@-.x"]
)
def test_what_is_no_address_is_refused_in_words(client, email):
    answer = ask(client, email)

    assert page.parsed(answer, SIGN_IN).status == 422
    assert db.session.scalars(select(OutboxMail)).all() == []


def test_letter_of_a_key_is_secret_and_nothing_of_it_lies_open(client):
    letter = mailed(client)
    mail, key = db.session.scalars(select(OutboxMail)).one(), db.session.scalars(select(MailedKey)).one()

    assert (mail.is_secret, mail.kind, mail.person_id, letter.to) == (True, "accounts.sign_in", None, AMINA)
    assert len(path_in(letter).rpartition("/")[2]) == 43
    assert queries.mailed_key_by_link(path_in(letter).rpartition("/")[2]).id == key.id
    raw = str([tuple(row) for table in Base.metadata.sorted_tables for row in db.session.execute(table.select())])
    assert [text for text in (AMINA, letter.code, path_in(letter).rpartition("/")[2]) if text in raw] == []


def test_form_sent_again_and_again_must_be_opened_anew(client):
    """A program could else fetch one form, wait once, and ask for mail to one address after the other."""
    form = page.get(client, "/en/sign-in")
    answers = [
        page.submit(client, form, action="/en/sign-in", email=f"person-{number}@example.org") for number in range(4)
    ]

    assert [answer.status_code for answer in answers] == [303, 303, 303, 422]
    refused = page.parsed(answers[3], "/en/sign-in")
    assert refused.texts("small") == [
        "That was quicker than people are. Wait a few seconds, then press the button again."
    ]
    assert page.submit(client, refused, action="/en/sign-in").status_code == 303


def test_form_opened_the_day_before_must_be_opened_anew(client, monkeypatch):
    form = page.get(client, "/en/sign-in")
    monkeypatch.setattr("forum.forms.MOST_SECONDS", -1)

    assert page.submit(client, form, action="/en/sign-in", email="amina@example.org").status_code == 422
