"""The addresses of one's account: adding, choosing where mail goes, removing."""

import pytest
from sqlalchemy import delete

from forum.accounts import own, queries, rules, services
from forum.accounts.models import Address, MailedKey, Person, Purpose
from forum.accounts.views import addresses as views
from forum.audit.models import AuditEntry
from forum.db import db, hold, utcnow
from forum.keys import address_digest
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from tests import make, page
from tests.asked import counted
from tests.signed_in import signed_in

PATH = "/en/account/addresses/"
NEW = "new@example.org"


def letters() -> list[tuple[str, str, Letter]]:
    """Kind, language and words of everything in the outbox, the oldest first."""
    db.session.expire_all()
    rows = db.session.query(OutboxMail).order_by(OutboxMail.id)
    return [(row.kind, row.language, Letter.from_json(row.letter)) for row in rows]


def addresses_of(person: Person) -> list[tuple[str, bool]]:
    db.session.expire_all()
    return [(one.email, one.is_primary) for one in db.session.get_one(Person, person.id).addresses]


def asked(client, email: str = NEW) -> Letter:
    """The letter that asking to add `email` sends."""
    answer = page.submit(client, page.get(client, PATH), action=PATH, email=email)
    assert (answer.status_code, answer.location) == (303, f"{PATH}code")
    return letters()[-1][2]


def path_in(letter: Letter) -> str:
    return letter.url.removeprefix("http://localhost")


def token_in(form: page.Page) -> str:
    return page.held_by(form.all("form")[0])["csrf_token"][0]


def pressed(client, path: str):
    return page.submit(client, page.get(client, path))


def test_addresses_show_which_gets_mail_and_what_came_back(client):
    person = make.a_person(email="amina@example.org", time_zone="Africa/Lusaka")
    person.addresses[0].refused_at, person.addresses[0].refusal = make.NOON, "550 5.1.1"

    shown = page.get(signed_in(client, person), PATH)

    assert shown.texts("bdi") == ["amina@example.org"]
    assert shown.texts("span", class_="flag") == ["gets mail"]
    assert shown.texts("p", class_="fault") == [
        "Mail to this address comes back, last on 1 May 2026, 14:00. The mail server says: 550 5.1.1. "
        "Check whether the mailbox is full, or let mail go to another address."
    ]
    assert [one.get("action") for one in shown.all("form")] == [PATH]


def test_adding_by_link_tells_the_primary_address(client):
    person = make.a_person(email="amina@example.org")
    letter = asked(signed_in(client, person))
    shown = page.get(client, path_in(letter))
    assert addresses_of(person) == [("amina@example.org", True)], "a GET adds nothing"

    answer = page.submit(client, shown)

    assert (answer.status_code, answer.location) == (303, PATH)
    assert letter.to == NEW
    assert addresses_of(person) == [("amina@example.org", True), (NEW, False)]
    assert [(kind, one.to) for kind, _, one in letters()] == [
        ("accounts.add_address", NEW),
        ("accounts.address_added", "amina@example.org"),
    ]
    entries = [(one.action, one.role, one.actor, one.changes) for one in db.session.query(AuditEntry)]
    assert entries == [("accounts.prove_address", "self", person.uid, {"address": "changed"})]


def test_adding_by_code(client):
    person = make.a_person()
    letter = asked(signed_in(client, person))

    answer = page.submit(client, page.get(client, f"{PATH}code"), code=f" {letter.code[:3]} {letter.code[3:]} ")

    assert (answer.status_code, answer.location) == (303, PATH)
    assert [email for email, _ in addresses_of(person)][1:] == [NEW]


def test_added_address_signs_in_to_the_same_account(client):
    person = make.a_person()
    pressed(client, path_in(asked(signed_in(client, person))))

    assert queries.person_by_address("NEW@example.org").id == person.id


def test_adding_link_opens_nothing_a_second_time(client):
    person = make.a_person()
    path = path_in(asked(signed_in(client, person)))
    pressed(client, path)
    uid = db.session.query(Address).filter_by(is_primary=False).one().uid
    page.submit(client, page.get(client, PATH), action=f"{PATH}{uid}/remove")

    pressed(client, path)

    assert len(addresses_of(person)) == 1


def test_adding_link_opens_nothing_late(client):
    person = make.a_person()
    path = path_in(asked(signed_in(client, person)))
    db.session.query(MailedKey).one().expires_at = utcnow()
    db.session.commit()

    pressed(client, path)

    assert page.get(client, PATH).texts("p", class_="fault") == [str(services.KeyRefused())]
    assert len(addresses_of(person)) == 1


def test_adding_link_is_of_no_use_to_another_account_and_still_good_for_its_own(client, app):
    person, thief = make.a_person(), make.a_person()
    path = path_in(asked(signed_in(client, person)))

    pressed(signed_in(app.test_client(), thief), path)

    assert len(addresses_of(thief)) == 1
    pressed(client, path)
    assert len(addresses_of(person)) == 2


def test_adding_link_signed_out_asks_to_sign_in_and_comes_back(client, app):
    person = make.a_person()
    path = path_in(asked(signed_in(client, person)))
    elsewhere = app.test_client()

    answer = elsewhere.get(path)

    assert (answer.status_code, answer.location) == (303, "/en/sign-in")
    with elsewhere.session_transaction() as cookie:
        assert cookie["wanted"] == {
            "endpoint": "addresses.link",
            "values": {"lang": "en", "token": path.rpartition("/")[2]},
        }


def test_sign_in_link_adds_no_address_and_adding_link_signs_nobody_in(client):
    person = make.a_person()
    signed_in(client, person)
    token = path_in(asked(client)).rpartition("/")[2]
    keep = {}

    def write(token, code):
        keep["token"] = token
        return Letter(to=NEW, subject="", paragraphs=())

    services.mail_key(email=NEW, purpose=Purpose.SIGN_IN, language="en", write=write, at=utcnow())
    db.session.commit()

    pressed(client, f"{PATH}link/{keep['token']}")

    assert len(addresses_of(person)) == 1
    with pytest.raises(services.KeyRefused):
        services.use_link(token=token, purpose=Purpose.SIGN_IN, at=utcnow())


def test_asking_for_an_address_of_somebody_else_answers_alike_and_warns_its_owner_in_their_language(client, app):
    owner = make.a_person(email="owner@example.org", language="fr")
    free = page.get(signed_in(client, make.a_person()), PATH)
    page.submit(client, free, action=PATH, email=NEW)
    shown_free = page.get(client, f"{PATH}code")
    other = signed_in(app.test_client(), make.a_person())

    answer = page.submit(other, page.get(other, PATH), action=PATH, email="Owner@example.org")

    shown_taken = page.get(other, f"{PATH}code")
    assert (answer.status_code, answer.location) == (303, f"{PATH}code")
    assert shown_taken.text == shown_free.text
    kind, language, letter = letters()[-1]
    assert (kind, language, letter.to, letter.url, letter.code) == (
        "accounts.add_address",
        "fr",
        "Owner@example.org",
        "",
        "",
    )
    assert addresses_of(owner) == [("owner@example.org", True)]


def test_asking_for_an_address_of_somebody_else_sends_the_same_statements(client, app):
    make.a_person(email="owner@example.org")
    signed_in(client, make.a_person())
    asked(client, "warm@example.org")
    sent = []
    for email in ("owner@example.org", NEW):
        form = page.get(client, PATH)
        with counted() as statements:
            page.submit(client, form, action=PATH, email=email)
        sent.append(statements)

    assert sent[0] == sent[1]


def test_asking_for_an_address_taken_meanwhile_says_so_to_who_reads_it(client):
    person = make.a_person()
    path = path_in(asked(signed_in(client, person)))
    make.a_person(email=NEW)

    pressed(client, path)

    assert page.get(client, PATH).texts("p", class_="fault") == ["This address belongs to an account already."]


def test_asking_for_ones_own_address_says_so(client):
    person = make.a_person(email="amina@example.org")

    answer = page.submit(client, page.get(signed_in(client, person), PATH), action=PATH, email="AMINA@example.org")

    shown = page.parsed(answer, PATH)
    assert (shown.status, shown.texts("small")) == (422, ["This address belongs to your account already."])
    assert letters() == []


@pytest.mark.parametrize(
    "email", ["", "no", "a@b", "a b@example.org", "a\u202e@example.org", "a@b.c\x01d", "x" * 250 + "@a.org"]
)
def test_asking_for_what_is_no_address_is_refused(client, email):
    form = page.get(signed_in(client, make.a_person()), PATH)

    answer = page.submit(client, form, action=PATH, email=email)

    assert answer.status_code == 422
    assert letters() == []


def test_asking_too_often_is_refused_in_words(client):
    signed_in(client, make.a_person())
    for number in range(5):
        asked(client, f"new-{number}@example.org")

    answer = page.submit(client, page.get(client, PATH), action=PATH, email="new-5@example.org")

    assert answer.status_code == 422
    assert len(letters()) == 5


def test_right_code_after_five_wrong_ones_is_refused(client):
    person = make.a_person()
    signed_in(client, person)
    letter = asked(client)
    wrong = "000000" if letter.code != "000000" else "000001"
    for _ in range(rules.CODE_TRIES):
        page.submit(client, page.get(client, f"{PATH}code"), code=wrong)

    answer = page.submit(client, page.get(client, f"{PATH}code"), code=letter.code)

    assert answer.status_code == 422
    assert len(addresses_of(person)) == 1
    assert db.session.query(MailedKey).one().code_tries == rules.CODE_TRIES


def with_second_address(person: Person, email: str = NEW) -> Address:
    return services.add_address(person=person, email=email, at=make.NOON)


def test_making_primary_tells_both_addresses(client):
    person = make.a_person(email="amina@example.org", language="en")
    other = with_second_address(person)

    answer = page.submit(client, page.get(signed_in(client, person), PATH), action=f"{PATH}{other.uid}/primary")

    assert (answer.status_code, answer.location) == (303, PATH)
    assert addresses_of(person) == [("amina@example.org", False), (NEW, True)]
    assert [(kind, one.to, one.paragraphs[1]) for kind, _, one in letters()] == [
        ("accounts.primary_changed", "amina@example.org", "mail to your account now goes to new@example.org."),
        ("accounts.primary_changed", NEW, "mail to your account now goes to new@example.org."),
    ]


def test_making_primary_twice_changes_nothing_more(client):
    person = make.a_person()
    other = with_second_address(person)
    form = page.get(signed_in(client, person), PATH)

    for _ in range(2):
        page.submit(client, form, action=f"{PATH}{other.uid}/primary")

    assert len(letters()) == 2


def test_removing_an_address_tells_the_primary_and_ends_its_keys(client):
    person = make.a_person(email="amina@example.org")
    other = with_second_address(person)
    services.mail_key(
        email=NEW,
        purpose=Purpose.SIGN_IN,
        language="en",
        write=lambda token, code: Letter(to=NEW, subject="", paragraphs=()),
        at=utcnow(),
    )

    page.submit(client, page.get(signed_in(client, person), PATH), action=f"{PATH}{other.uid}/remove")

    assert addresses_of(person) == [("amina@example.org", True)]
    assert [(kind, one.to) for kind, _, one in letters()][1:] == [("accounts.address_removed", "amina@example.org")]
    assert db.session.query(MailedKey).count() == 0
    assert queries.person_by_address(NEW) is None


@pytest.mark.parametrize("what", ["primary", "remove"])
def test_address_that_was_removed_meanwhile_is_absent(client, monkeypatch, what):
    """Two presses at once: the account keeps an address that gets mail, and nothing breaks."""
    person = make.a_person(email="amina@example.org")
    second = services.add_address(person=person, email=NEW, at=make.NOON)
    signed_in(client, person)
    form, path = page.get(client, PATH), f"{PATH}{second.uid}/{what}"
    ids = iter([second.id])

    def hold_late(row):
        """Waits for the other request, which removes the address."""
        db.session.execute(delete(Address).where(Address.id == next(ids, None)))
        hold(row)

    for waits in (own, views):
        monkeypatch.setattr(waits, "hold", hold_late, raising=False)

    answer = page.submit(client, form, action=path)

    assert answer.status_code == 404
    assert addresses_of(person)[0] == ("amina@example.org", True)
    assert letters() == []


def test_removing_the_address_that_gets_mail_is_refused(client):
    person = make.a_person()
    with_second_address(person)
    form = page.get(signed_in(client, person), PATH)
    primary = person.primary_address.uid

    client.post(f"{PATH}{primary}/remove", data={"csrf_token": token_in(form)})

    assert page.get(client, PATH).texts("p", class_="fault") == [
        "Mail goes to this address. Let it go to another one first; an account keeps at least one."
    ]
    assert len(addresses_of(person)) == 2


@pytest.mark.parametrize("what", ["primary", "remove"])
def test_address_of_somebody_else_is_absent(client, what):
    other = make.a_person()
    theirs = with_second_address(other)
    form = page.get(signed_in(client, make.a_person()), PATH)

    answer = client.post(f"{PATH}{theirs.uid}/{what}", data={"csrf_token": token_in(form)})

    assert answer.status_code == 404
    assert addresses_of(other)[1] == (NEW, False)


@pytest.mark.parametrize("typed", ["amina@ex\ufe0fample.org", "amina@mail\u3002example.org", "amina@ex\u034fample.org"])
def test_an_address_that_mail_programs_take_for_another_is_refused(app, typed):
    """Each would count as an address of its own, and all the mail would go to one mailbox."""
    with pytest.raises(services.NotAnAddress):
        services.address_in(typed)


def test_an_address_that_is_found_as_another_is_refused(app):
    """Its mail would go elsewhere than that of the address it is found as."""
    typed = "ja\N{LATIN SMALL LETTER SHARP S}\N{COMBINING ACUTE ACCENT}@example.org"

    with pytest.raises(services.NotAnAddress):
        services.address_in(typed)


@pytest.mark.parametrize(
    ("typed", "mailed"),
    [
        ("Amina@Example.org", "Amina@Example.org"),
        (" amina@example.org ", "amina@example.org"),
        ("amina@straße.example", "amina@strasse.example"),
        ("mi\u212ae@example.org", "mike@example.org"),
        ("\uff41mina@example.org", "amina@example.org"),
        ("émile@example.org", "émile@example.org"),
        ("Émile@example.org", "émile@example.org"),
    ],
)
def test_a_key_goes_to_the_very_address_it_is_found_by(app, typed, mailed):
    written = []

    def write(token, code):
        written.append(code)
        return Letter(to=typed, subject="", paragraphs=())

    key = services.mail_key(email=typed, purpose=Purpose.SIGN_IN, language="en", write=write, at=utcnow())

    assert (key.email, letters()[-1][2].to) == (mailed, mailed)
    assert key.address_digest == address_digest(mailed) == address_digest(typed)


def test_address_that_two_accounts_prove_at_once_goes_to_one(app, monkeypatch):
    make.a_person(email=NEW)
    late = make.a_person()
    monkeypatch.setattr(queries, "person_by_address", lambda email: None)

    with pytest.raises(services.AddressTaken):
        services.add_address(person=late, email=NEW, at=make.NOON)

    assert len(late.addresses) == 1


@pytest.mark.parametrize("seen_by", ["the database", "us"])
def test_two_new_accounts_for_one_address_at_once_are_one(app, seen_by):
    """As when a link and its code are used at the same moment, and the database, or we, are the first to see both."""
    key = services.mail_key(
        email=NEW,
        purpose=Purpose.SIGN_IN,
        language="en",
        write=lambda token, code: Letter(to=NEW, subject="", paragraphs=()),
        at=utcnow(),
    )
    quicker = make.a_person(email=NEW)
    found = iter([None, None if seen_by == "the database" else quicker, quicker])
    real, queries.person_by_address = queries.person_by_address, lambda email: next(found)
    try:
        person = services.person_of(key=key, at=utcnow())
    finally:
        queries.person_by_address = real

    assert person is quicker
    assert db.session.query(Person).count() == 1
