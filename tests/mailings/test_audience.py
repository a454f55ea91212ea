"""Whom a mailing goes to, in numbers."""

from sqlalchemy import select

from forum.accounts.models import Person
from forum.i18n import _l
from forum.mailings import queries, rules, services
from forum.mailings.queries import Reach, Source
from forum.mailings.rules import Audience
from forum.roles.models import Role
from tests import make
from tests.mailings.mailed import a_mailing, a_reader


def people_of(mailing) -> set[int]:
    return {person_id for person_id, _ in queries.recipients(mailing)}


def test_audience_without_filters_is_everybody_with_a_role_once(app):
    edition = make.an_edition()
    both = a_reader(edition, Role.ORGANISER)
    make.a_grant(Role.REVIEWER, edition, person=both)
    funder = a_reader(edition, Role.FUNDER, language="fr")
    a_reader(make.an_edition())
    make.a_grant(Role.ADMINISTRATOR)
    mailing = a_mailing(edition)

    assert people_of(mailing) == {both.id, funder.id}
    assert queries.reach(mailing) == Reach({"en": 1, "fr": 1}, without_address=0, refused=0)


def test_audience_by_roles_and_languages_is_who_has_one_of_each(app):
    edition = make.an_edition()
    wanted = [a_reader(edition, Role.DESK, language="ar"), a_reader(edition, Role.FUNDER, language="sw")]
    a_reader(edition, Role.DESK, language="en")
    a_reader(edition, Role.REVIEWER, language="ar")
    mailing = a_mailing(edition, audience=Audience(roles=(Role.DESK, Role.FUNDER), languages=("ar", "sw")))

    assert people_of(mailing) == {one.id for one in wanted}
    assert queries.reach(mailing) == Reach({"ar": 1, "sw": 1}, without_address=0, refused=0)


def test_reach_says_who_is_left_out_and_why(app):
    edition, elsewhere = make.an_edition(), make.an_edition()
    reached = a_reader(edition)
    without = a_reader(edition)
    without.addresses.clear()
    for where in (edition, elsewhere):
        services.refuse(person=without, edition=where, at=make.NOON)
    services.refuse(person=a_reader(edition), edition=edition, at=make.NOON)
    services.refuse(person=reached, edition=elsewhere, at=make.NOON)
    mailing = a_mailing(edition)

    assert people_of(mailing) == {reached.id}
    assert queries.reach(mailing) == Reach({"en": 1}, without_address=1, refused=1)


def test_reach_of_a_service_message_leaves_out_only_who_has_no_address(app):
    edition = make.an_edition()
    refusing, without = a_reader(edition), a_reader(edition)
    without.addresses.clear()
    services.refuse(person=refusing, edition=edition, at=make.NOON)
    mailing = a_mailing(edition, is_service=True)

    assert people_of(mailing) == {refusing.id}
    assert queries.reach(mailing) == Reach({"en": 1}, without_address=1, refused=0)


def test_address_that_is_not_primary_is_no_address(app):
    edition = make.an_edition()
    person = a_reader(edition)
    person.addresses[0].is_primary = False
    mailing = a_mailing(edition)

    assert queries.reach(mailing) == Reach({}, without_address=1, refused=0)
    assert people_of(mailing) == set()


def test_further_source_of_people_is_one_entry(app, monkeypatch):
    edition = make.an_edition()
    in_both, named = a_reader(edition, name="Both"), make.a_person(name="Named")
    guests = Source(
        "guests",
        _l("Guests"),
        _l("You are a guest of %(edition)s."),
        lambda edition, wanted: select(Person.id).where(Person.id.in_([in_both.id, named.id])),
    )
    monkeypatch.setattr(queries, "SOURCES", (*queries.SOURCES, guests))
    everybody, guests_alone = a_mailing(edition), a_mailing(edition, audience=Audience(sources=("guests",)))
    role_holders = a_mailing(edition, audience=Audience(sources=("roles",)))

    assert people_of(everybody) == people_of(guests_alone) == {in_both.id, named.id}
    assert people_of(role_holders) == {in_both.id}
    assert queries.reach(everybody).people == 2
    assert queries.reason_for(everybody, in_both) == queries.SOURCES[0].because
    assert queries.reason_for(everybody, named) == guests.because


def test_reader_gets_their_language_then_the_same_of_another_country_then_the_original(app):
    edition = make.an_edition(languages=["fr", "pt-BR"])
    texts = {"fr": "Bonjour", "pt-BR": "Bom dia"}
    mailing = a_mailing(edition, subject=texts, body=texts)

    assert [rules.language_for(mailing, reader) for reader in ("fr", "pt", "pt-BR", "sw")] == [
        "fr",
        "pt-BR",
        "pt-BR",
        "fr",
    ]


def test_half_written_mailing_is_not_complete(app):
    edition = make.an_edition()
    whole = a_mailing(edition, subject={"en": "a", "fr": "b"}, body={"en": "a", "fr": "b"})
    half = a_mailing(edition, subject={"en": "a", "fr": "b"}, body={"en": "a"})
    without_original = a_mailing(edition, subject={"en": "", "fr": "b"}, body={"en": "", "fr": "b"})

    assert [rules.is_complete(one) for one in (whole, half, without_original)] == [True, False, False]
    assert rules.half_written(half) == ["fr"]
