"""Giving, taking and offering roles."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from forum.accounts.services import NotAnAddress
from forum.audit.models import AuditEntry
from forum.audit.services import COMMAND, Actor
from forum.db import begin_writing, db, utcnow
from forum.editions.models import Edition
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from forum.roles import queries, services
from forum.roles.models import Role, RoleGrant
from tests import make


def actions() -> list[str]:
    return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_role_given_twice_is_one(app):
    edition, person = make.an_edition(), make.a_person()

    first = make.a_grant(Role.REVIEWER, edition, person=person)
    again = make.a_grant(Role.REVIEWER, edition, person=person)

    assert again is first
    assert actions() == ["roles.grant"]


def test_translator_holds_the_role_once_for_each_language(app):
    edition, person = make.an_edition(), make.a_person()

    for language in ("fr", "ar", "fr"):
        make.a_grant(Role.TRANSLATOR, edition, person=person, language=language)

    assert [grant.language for grant in queries.grants_of(person)] == ["fr", "ar"]


@pytest.mark.parametrize("language", ["", "martian"])
def test_translator_without_a_language_is_refused(app, language):
    with pytest.raises(services.LanguageWanted):
        make.a_grant(Role.TRANSLATOR, language=language)


def test_role_without_a_language_keeps_none(app):
    assert make.a_grant(Role.REVIEWER, language="fr").language == ""


def test_exact_statistics_are_a_funders_alone(app):
    edition = make.an_edition()
    given = [make.a_grant(role, edition, sees_internal_statistics=True) for role in (Role.FUNDER, Role.DESK)]

    assert [grant.sees_internal_statistics for grant in given] == [True, False]


def test_funder_who_has_the_role_gets_exact_statistics_when_they_are_given_later(app):
    edition, person = make.an_edition(), make.a_person()
    first = make.a_grant(Role.FUNDER, edition, person=person)

    again = make.a_grant(Role.FUNDER, edition, person=person, sees_internal_statistics=True)
    make.a_grant(Role.FUNDER, edition, person=person)

    assert (again, again.sees_internal_statistics) == (first, True)
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [one.changes for one in entries] == [
        {"role": [None, "funder"]},
        {"role": [None, "funder"], "sees_internal_statistics": [None, True]},
    ]


def test_last_organiser_stays(app):
    edition = make.an_edition()
    only = make.a_grant(Role.ORGANISER, edition)
    make.a_grant(Role.ORGANISER, make.an_edition())

    with pytest.raises(services.LastOrganiser):
        services.withdraw(given=only, by=COMMAND, at=make.NOON)

    assert queries.holders(edition, Role.ORGANISER) == 1


def test_one_of_two_organisers_can_go(app):
    edition = make.an_edition()
    first = make.a_grant(Role.ORGANISER, edition)
    make.a_grant(Role.ORGANISER, edition)

    services.withdraw(given=first, by=COMMAND, at=make.NOON)

    assert queries.holders(edition, Role.ORGANISER) == 1
    assert actions() == ["roles.grant", "roles.grant", "roles.withdraw"]


def test_last_administrator_stays(app):
    only = make.a_grant(Role.ADMINISTRATOR)

    with pytest.raises(services.LastAdministrator):
        services.withdraw(given=only, by=COMMAND, at=make.NOON)


def test_two_organisers_who_remove_each_other_leave_one(app):
    """Each sees two of them before the other has committed; the second to hold the edition sees the truth."""
    edition = make.an_edition()
    grants = [make.a_grant(Role.ORGANISER, edition).code for _ in range(2)]
    edition_id = edition.id
    db.session.commit()
    ready, refused = threading.Barrier(2), []

    def remove(code: str) -> None:
        with app.app_context():
            ready.wait()
            begin_writing()
            given = queries.grant_by_code(db.session.get(Edition, edition_id), code)
            try:
                services.withdraw(given=given, by=COMMAND, at=make.NOON)
                db.session.commit()
            except services.LastOrganiser:
                db.session.rollback()
                refused.append(code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=remove, args=(code,)) for code in grants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert db.session.scalars(select(RoleGrant.code)).all() == refused


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.ADMINISTRATOR])
def test_role_taken_away_twice_at_once_is_logged_once(app, role):
    """Both see it before the other has committed."""
    edition = make.an_edition()
    code, *_ = [make.a_grant(role, edition).code for _ in range(3)]
    db.session.commit()
    ready, faults = threading.Barrier(2), []

    def remove() -> None:
        with app.app_context():
            ready.wait()
            begin_writing()
            given = db.session.scalars(select(RoleGrant).where(RoleGrant.code == code)).one_or_none()
            seen.wait()
            try:
                if given is not None:
                    services.withdraw(given=given, by=COMMAND, at=make.NOON)
                db.session.commit()
            except Exception as fault:
                faults.append(fault)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=remove) for _ in range(2)]
    seen = threading.Barrier(2 if db.engine.dialect.name == "postgresql" else 1)  # SQLite has one writer at a time.
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert actions().count("roles.withdraw") == 1


def test_grants_are_logged_without_a_name(app):
    person = make.a_person(name="Amina Kanari")
    make.a_grant(Role.TRANSLATOR, person=person, language="fr")

    entry = db.session.scalars(select(AuditEntry)).one()
    assert (entry.record_type, entry.record, entry.role) == ("person", str(person.uid), "command")
    assert entry.changes == {"role": [None, "translator"], "language": [None, "fr"]}


def letter_with(token: str, _: object) -> Letter:
    return Letter(to="invited@example.org", subject="An invitation", paragraphs=(token,))


def invited(edition: Edition, **given: object) -> str:
    """The token of an invitation to invited@example.org."""
    wanted = {"role": Role.REVIEWER, "mail_language": "en", "at": utcnow(), "by": COMMAND, **given}
    services.invite(edition=edition, email="invited@example.org", write=letter_with, **wanted)
    mail = db.session.scalars(select(OutboxMail)).one()
    return Letter.from_json(mail.letter).paragraphs[0]


def test_invitation_is_found_by_its_link_and_open_for_its_address(app):
    edition = make.an_edition()
    token = invited(edition)
    person = make.a_person(email="Invited@Example.org")

    invitation = queries.invitation_by_link(token)

    assert queries.open_invitations_for(person, utcnow()) == [invitation]
    assert queries.open_invitations_for(make.a_person(), utcnow()) == []
    assert queries.invitation_by_link(token[:-1]) is None


def test_accepted_invitation_gives_the_role_once(app):
    edition, inviter = make.an_edition(), make.a_person()
    token = invited(edition, by=Actor(inviter.uid, "organiser"))
    person, at = make.a_person(email="invited@example.org"), utcnow()
    invitation = queries.invitation_by_link(token)

    given = services.accept(invitation=invitation, person=person, at=at)

    assert (given.role, given.edition, given.granted_by) == (Role.REVIEWER, edition, inviter.uid)
    with pytest.raises(services.InvitationRefused):
        services.accept(invitation=invitation, person=person, at=at)


@pytest.mark.parametrize("end", ["expired", "withdrawn", "declined", "of somebody else"])
def test_invitation_that_is_over_or_anothers_is_refused(app, end):
    token = invited(make.an_edition())
    person, at = make.a_person(email="invited@example.org"), utcnow()
    invitation = queries.invitation_by_link(token)
    if end == "expired":
        at += services.INVITATION_LASTS + timedelta(seconds=1)
    elif end == "withdrawn":
        services.withdraw_invitation(invitation=invitation, by=COMMAND, at=at)
    elif end == "declined":
        services.decline(invitation=invitation, person=person, at=at)
    else:
        person = make.a_person()

    with pytest.raises(services.InvitationRefused):
        services.accept(invitation=invitation, person=person, at=at)

    assert queries.grants_of(person) == []


def test_invitation_goes_to_the_very_address_that_it_is_found_by(app):
    invitation = make.an_invitation(make.an_edition(), email="\uff41mina@example.org")

    assert invitation.email == "amina@example.org"
    mail = db.session.scalars(select(OutboxMail)).one()
    assert Letter.from_json(mail.letter).to == "amina@example.org"


def test_invitation_to_what_is_no_address_is_refused(app):
    with pytest.raises(NotAnAddress):
        make.an_invitation(make.an_edition(), email="nobody")


def test_invitation_that_ended_long_ago_is_removed_with_its_address(app):
    edition = make.an_edition()
    long_ago = make.an_invitation(edition, at=utcnow() - timedelta(days=38)).code
    lately = make.an_invitation(edition, at=utcnow() - timedelta(days=36)).code

    services.forget_past(at=utcnow())

    assert [queries.invitation_by_code(edition, code) is None for code in (long_ago, lately)] == [True, False]
