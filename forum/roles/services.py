"""Giving and taking roles, and inviting people to them."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, update

from forum.accounts.models import Person
from forum.accounts.services import address_in
from forum.audit.services import CHANGED, Actor, record
from forum.db import db, hold
from forum.editions.models import Edition
from forum.errors import ForumError
from forum.i18n import _l, known_language
from forum.keys import address_digest, digest
from forum.mail.letter import Letter
from forum.mail.services import post
from forum.roles import queries, rules
from forum.roles.models import Invitation, Role, RoleGrant

INVITATION_LASTS = timedelta(days=7)
INVITATION_KEPT = timedelta(days=30)
"""How long after its end an invitation can still be looked up, by whoever wonders what became of it."""


class LastOrganiser(ForumError):
    sentence = _l("An edition keeps at least one organiser. Give the role to somebody else first.")


class LastAdministrator(ForumError):
    sentence = _l("The site keeps at least one administrator. Give the role to somebody else first.")


class LanguageWanted(ForumError):
    sentence = _l("Choose the language that is to be translated into.")


class InvitationRefused(ForumError):
    sentence = _l("This invitation cannot be taken any more: it was answered, withdrawn, or has expired.")


def _language_for(role: Role, language: str) -> str:
    """The language a role is held for; empty where it has none. Raises LanguageWanted."""
    if not rules.has_language(role):
        return ""
    known = known_language(language)
    if known is None:
        raise LanguageWanted
    return known


def grant(
    *,
    person: Person,
    role: Role,
    by: Actor,
    at: datetime,
    edition: Edition | None = None,
    language: str = "",
    sees_internal_statistics: bool = False,
) -> RoleGrant:
    """Give `person` a role in `edition`, or over the site for an administrator; the same one if it is held already,
    with exact statistics if they are given now.

    Raises LanguageWanted for a translator without one.
    """
    assert rules.is_of_site(role) == (edition is None), "an administrator has no edition, every other role has one"
    language = _language_for(role, language)
    hold(person)  # Two grants at once: the second finds the first.
    for held in queries.grants_of(person):
        if (held.edition_id, held.role, held.language) == (edition.id if edition else None, role, language):
            if role is Role.FUNDER and sees_internal_statistics and not held.sees_internal_statistics:
                held.sees_internal_statistics = True
                _note(held, "roles.grant", by, at)
            return held
    given = RoleGrant(
        code=secrets.token_urlsafe(9),
        person_id=person.id,
        edition_id=edition.id if edition else None,
        role=role,
        language=language,
        sees_internal_statistics=role is Role.FUNDER and sees_internal_statistics,
        granted_at=at,
        granted_by=by.uid,
    )
    db.session.add(given)
    db.session.flush()
    _note(given, "roles.grant", by, at)
    return given


def _note(given: RoleGrant, action: str, by: Actor, at: datetime) -> None:
    said = {
        "role": given.role.value,
        "language": given.language,
        "sees_internal_statistics": given.sees_internal_statistics,
    }
    is_new = action == "roles.grant"
    record(
        by=by,
        action=action,
        record_type="person",
        record=given.person.uid,
        edition_id=given.edition_id,
        changes={name: [None, value] if is_new else [value, None] for name, value in said.items() if value},
        at=at,
    )


def withdraw(*, given: RoleGrant, by: Actor, at: datetime) -> None:
    """Take a role away; doing it twice changes nothing. Raises LastOrganiser, LastAdministrator."""
    require_another(given)
    taken = delete(RoleGrant).where(RoleGrant.id == given.id).execution_options(synchronize_session=False)
    if db.session.execute(taken).rowcount:  # type: ignore[attr-defined]  # Two at once: the second finds it gone.
        _note(given, "roles.withdraw", by, at)
    db.session.expunge(given)


def require_another(given: RoleGrant) -> None:
    """Raise LastOrganiser or LastAdministrator where nobody else holds this role."""
    if given.role is Role.ORGANISER:
        assert given.edition is not None
        hold(given.edition)  # Two organisers who remove each other: the second is the last one.
        if queries.holders(given.edition, Role.ORGANISER) <= 1:
            raise LastOrganiser
    if given.role is Role.ADMINISTRATOR:
        every = update(RoleGrant).where(RoleGrant.role == Role.ADMINISTRATOR).values(id=RoleGrant.id)
        db.session.execute(every.execution_options(synchronize_session=False))  # As `hold`, all of them at once.
        if queries.holders(None, Role.ADMINISTRATOR) <= 1:
            raise LastAdministrator


def invite(
    *,
    edition: Edition,
    email: str,
    role: Role,
    mail_language: str,
    write: Callable[[str, datetime], Letter],
    by: Actor,
    at: datetime,
    language: str = "",
    sees_internal_statistics: bool = False,
) -> Invitation:
    """Offer a role by mail; `write` makes the letter of the link's token and the moment it expires.

    Whether the address has an account is not told. Raises NotAnAddress, LanguageWanted.
    """
    email = address_in(email)
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        edition_id=edition.id,
        code=secrets.token_urlsafe(9),
        link_digest=digest("invitation", token),
        role=role,
        language=_language_for(role, language),
        sees_internal_statistics=role is Role.FUNDER and sees_internal_statistics,
        email=email,
        address_digest=address_digest(email),
        mail_language=mail_language,
        invited_at=at,
        invited_by=by.uid,
        expires_at=at + INVITATION_LASTS,
    )
    db.session.add(invitation)
    post(
        letter=replace(write(token, invitation.expires_at), to=email),
        kind="roles.invitation",
        language=mail_language,
        edition_id=edition.id,
        is_secret=True,
        at=at,
    )
    changes = {"role": [None, role.value], "email": CHANGED}
    if invitation.language:
        changes["language"] = [None, invitation.language]
    record(
        by=by,
        action="roles.invite",
        record_type="invitation",
        record=invitation.code,
        edition_id=edition.id,
        changes=changes,
        at=at,
    )
    return invitation


def accept(*, invitation: Invitation, person: Person, at: datetime) -> RoleGrant:
    """Take the role that was offered to a proven address of `person`. Raises InvitationRefused."""
    hold(person)  # Before the log's end, as whoever gives a role does: else two could wait for each other.
    hold(invitation)
    if invitation not in queries.open_invitations_for(person, at):
        raise InvitationRefused
    invitation.accepted_at = at
    _answered(invitation, "roles.accept", Actor(person.uid, "self"), at)
    return grant(
        person=person,
        role=invitation.role,
        edition=invitation.edition,
        language=invitation.language,
        sees_internal_statistics=invitation.sees_internal_statistics,
        by=Actor(invitation.invited_by, "organiser"),
        at=at,
    )


def decline(*, invitation: Invitation, person: Person, at: datetime) -> None:
    """Say no to a role. Raises InvitationRefused."""
    hold(invitation)
    if invitation not in queries.open_invitations_for(person, at):
        raise InvitationRefused
    invitation.declined_at = at
    _answered(invitation, "roles.decline", Actor(person.uid, "self"), at)


def withdraw_invitation(*, invitation: Invitation, by: Actor, at: datetime) -> None:
    """Take an offer back; its link opens nothing from now on. Doing it twice changes nothing."""
    hold(invitation)
    if invitation.withdrawn_at or invitation.accepted_at or invitation.declined_at:
        return
    invitation.withdrawn_at = at
    _answered(invitation, "roles.withdraw_invitation", by, at)


def _answered(invitation: Invitation, action: str, by: Actor, at: datetime) -> None:
    record(
        by=by,
        action=action,
        record_type="invitation",
        record=invitation.code,
        edition_id=invitation.edition_id,
        changes={"role": [invitation.role.value, None]},
        at=at,
    )


def forget_past(*, at: datetime) -> None:
    """Remove invitations that ended long ago, answered or not, with the addresses they went to."""
    db.session.execute(delete(Invitation).where(Invitation.expires_at < at - INVITATION_KEPT))
