"""One's own page and profile."""

from datetime import timedelta

import pytest
from flask_babel import force_locale, gettext

from forum.accounts import own, rules
from forum.accounts.models import Person
from forum.audit.models import AuditEntry
from forum.audit.services import COMMAND
from forum.db import db, utcnow
from forum.i18n import locale_of
from forum.mail.letter import Letter
from forum.roles import services as roles
from forum.roles.models import Role
from tests import make, page
from tests.asked import counted
from tests.signed_in import signed_in


def the_person(person_id: int) -> Person:
    db.session.expire_all()
    return db.session.get_one(Person, person_id)


def an_invitation(edition, email, role=Role.DESK):
    def write(token, expires_at):
        return Letter(to=email, subject="Invitation", paragraphs=("Hello,",))

    return roles.invite(
        edition=edition, email=email, role=role, mail_language="en", write=write, by=COMMAND, at=utcnow()
    )


def test_home_sends_a_stranger_to_sign_in_and_back(client):
    answer = client.get("/fr/account/")

    assert (answer.status_code, answer.location) == (303, "/fr/sign-in")


def test_home_greets_by_name_and_leads_everywhere(client):
    person = make.a_person(name="Amina <b>")

    home = page.get(signed_in(client, person), "/en/account/")

    assert home.texts("p", class_="lead") == ["Hello Amina <b>."]
    assert home.texts("p", class_="notice") == []
    assert [link.get("href") for link in home.tree.findall(".//main//section[@aria-labelledby='yours']//a")] == [
        "/en/account/profile",
        "/en/account/addresses/",
        "/en/account/factors",
        "/en/account/sign-ins",
        "/en/account/data",
    ]
    assert home.texts("p", class_="empty") == [
        "Forums that you help to run will be here, once somebody gave you a role."
    ]


def test_home_without_a_name_says_so(client):
    home = page.get(signed_in(client, make.a_person(name="")), "/en/account/")

    assert home.texts("p", class_="lead") == ["Hello."]
    assert home.texts("p", class_="notice") == ["We do not know how to call you yet. Say your name"]


@pytest.mark.parametrize("count", [1, 3])
def test_home_lists_editions_with_the_same_number_of_queries(client, count):
    person = make.a_person()
    forum = make.a_forum()
    for number in range(count):
        edition = make.an_edition(forum=forum, slug=f"drif-{number}", name=f"DRIF {number}")
        make.a_grant(Role.FUNDER, edition, person=person)
    signed_in(client, person)

    with counted() as statements:
        home = page.get(client, "/en/account/")

    rows = home.tree.findall(".//section[@aria-labelledby='forums']//a")
    assert {(row.get("href"), " ".join("".join(row.itertext()).split())) for row in rows} == {
        (f"/en/drif-{number}/", f"DRIF {number} Funder") for number in range(count)
    }
    assert len(statements) == 5


def test_home_leads_who_works_there_to_the_workshop_and_asks_for_a_second_factor(client):
    person = make.a_person()
    make.a_grant(Role.DESK, make.an_edition(slug="drif-2026", name="DRIF 2026"), person=person)

    home = page.get(signed_in(client, person, second_factor=False), "/en/account/")

    rows = home.tree.findall(".//section[@aria-labelledby='forums']//a")
    assert [row.get("href") for row in rows] == ["/en/drif-2026/manage/"]
    assert home.texts("p", class_="notice") == [
        "Your role can be used once you have a passkey or an authenticator app. Set one up"
    ]


def test_home_shows_an_administrator_the_site(client):
    person = make.a_grant(Role.ADMINISTRATOR).person

    home = page.get(signed_in(client, person), "/en/account/")

    assert [link.get("href") for link in home.all("a") if link.get("href") == "/en/admin/"] == ["/en/admin/"]


def test_home_shows_invitations_to_ones_own_addresses_alone(client):
    person, edition = make.a_person(email="amina@example.org"), make.an_edition(name="DRIF 2026")
    mine = an_invitation(edition, "Amina@example.org")
    make.a_person(email="other@example.org")
    other = an_invitation(edition, "other@example.org", Role.REVIEWER)

    home = page.get(signed_in(client, person), "/en/account/")

    assert [form.get("action") for form in home.all("form") if "invitations" in form.get("action")] == [
        f"/en/account/invitations/{mine.code}/accept",
        f"/en/account/invitations/{mine.code}/decline",
    ]
    assert other.code not in home.html


def test_profile_is_saved_exactly_and_said_in_the_new_language(client):
    person = make.a_person(name="Old", language="en")
    form = page.get(signed_in(client, person), "/en/account/profile")

    answer = page.submit(
        client,
        form,
        name="  Nadia  Okafor ",
        alias="N.",
        language="fr",
        languages=["en", "sw"],
        more="German, zh-Hant;am",
        time_zone="nairobi",
    )

    assert (answer.status_code, answer.location) == (303, "/fr/account/profile")
    found = the_person(person.id)
    assert (found.name, found.alias, found.language, found.time_zone) == ("Nadia Okafor", "N.", "fr", "Africa/Nairobi")
    assert found.languages == ["en", "sw", "de", "zh-Hant", "am"]
    shown = page.get(client, "/fr/account/profile")
    with force_locale("fr"):
        assert shown.texts("p", class_="notice") == [gettext("Your profile is saved.")]
    assert page.held_by(shown.all("form")[0])["more"] == ["de, zh-Hant, am"]


def test_profile_saved_twice_is_noted_once_and_without_values(client):
    person = make.a_person(name="Old")
    for _ in range(2):
        page.submit(client, page.get(signed_in(client, person), "/en/account/profile"), name="Nadia")

    entries = db.session.query(AuditEntry).all()

    assert [(one.action, one.actor, one.role, one.record, one.changes) for one in entries] == [
        ("accounts.profile", person.uid, "self", str(person.uid), {"name": "changed"})
    ]


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("name", "Ami\x07na", "This name holds signs that cannot be shown. Type it anew instead of pasting it."),
        ("name", "Ami\u202ena", "This name holds signs that cannot be shown. Type it anew instead of pasting it."),
        ("name", "a" * 121, "That is too long: 120 signs at most."),
        ("alias", "a" * 61, "That is too long: 60 signs at most."),
        ("more", "Klingonish", "We do not know the language “Klingonish”. Write its name, or its code such as de."),
        ("time_zone", "Atlantis", "There is no such time zone; write a city, such as Nairobi or Lisbon."),
        ("time_zone", "", "Write a city of your time zone."),
    ],
)
def test_profile_with_a_fault_says_which_and_changes_nothing(client, field, value, fault):
    person = make.a_person(name="Old")
    form = page.get(signed_in(client, person), "/en/account/profile")

    answer = page.submit(client, form, **{"name": "New", "alias": "New", field: value})

    shown = page.parsed(answer, "/en/account/profile")
    assert shown.status == 422
    assert [small for small in shown.texts("small") if small == fault] == [fault]
    assert (the_person(person.id).name, the_person(person.id).alias) == ("Old", "")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("  two\t words\n", "two words"),
        ("محمد\u200cرضا", "محمد\u200cرضا"),
        ("'; DROP TABLE person; --", "'; DROP TABLE person; --"),
        ("%s %(name)s {0}", "%s %(name)s {0}"),
        ("👩🏽‍⚖️", "👩🏽‍⚖️"),
        ("", ""),
        (chr(0xD800), None),
        ("a\u2066b", None),
        ("bell\x07", None),
        ("\ufffd", None),
    ],
)
def test_clean_name(typed, kept):
    assert rules.clean_name(typed) == kept


@pytest.mark.parametrize(
    ("text", "reader", "tag"),
    [
        ("de", "en", "de"),
        ("German", "en", "de"),
        ("allemand", "fr", "de"),
        ("Kiswahili", "sw", "sw"),
        ("pt-br", "en", "pt-BR"),
        ("Avaric", "en", "av"),
        ("en-KE", "fr", "en-KE"),
        ("", "en", None),
        ("nothing", "en", None),
    ],
)
def test_language_like(app, text, reader, tag):
    assert rules.language_like(text, reader) == tag


def test_languages_in_are_no_more_than_can_be_true(app):
    tags = list(locale_of("en").languages)[: rules.MOST_LANGUAGES + 1]

    assert own.languages_in([], ",".join(tags[1:]), reader="en") == [tag.replace("_", "-") for tag in tags[1:]]
    with pytest.raises(own.TooManyLanguages):
        own.languages_in([], ",".join(tags), reader="en")


@pytest.mark.parametrize("language", ["fr", "ar", "sw"])
@pytest.mark.parametrize("path", ["", "profile", "addresses/", "addresses/code", "sign-ins", "data", "erase"])
def test_own_pages_are_well_made_in_every_direction(client, language, path):
    person = make.a_person(name="Amina", language=language, time_zone="Africa/Nairobi", at=utcnow() - timedelta(days=1))

    shown = page.get(signed_in(client, person), f"/{language}/account/{path}")

    assert shown.headers["Cache-Control"] == "no-store"
