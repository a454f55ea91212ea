"""Which policy each role satisfies: the one table that says who may do what."""

from collections.abc import Mapping
from enum import StrEnum

from forum.roles.models import Role, RoleGrant


class Policy(StrEnum):
    """Who is let in to an address."""

    PUBLIC = "public"
    """Anyone, without a cookie; the answer is the same for all."""
    ANYONE = "anyone"
    """Anyone; the answer may differ and is kept nowhere."""
    SIGNED_IN = "signed_in"
    """Whoever is signed in, for what is their own."""
    WORKSHOP = "workshop"
    """Whoever holds a role in the edition that has work in its workshop."""
    PEOPLE = "people"
    """Roles, invitations, who may do what."""
    AUDIT = "audit"
    """The audit log."""
    MAIL = "mail"
    """The outbox and mailings."""
    PROGRAMME = "programme"
    """Sessions, speakers, timetable, releases."""
    REVIEW = "review"
    """Proposals, to review them."""
    REGISTRATION = "registration"
    """Registrations: the list, the form, quotas."""
    CHECK_IN = "check_in"
    """The door."""
    TRANSLATE = "translate"
    """Texts, in the one language of a translator."""
    REPORT = "report"
    """Session reports."""
    ENGAGE = "engage"
    """Requests to organisations, contacts, commitments."""
    ASSESS = "assess"
    """The fulfilment of commitments."""
    STATISTICS = "statistics"
    """Participation statistics that are shown by account."""
    INTERNAL_STATISTICS = "internal_statistics"
    """Exact participation figures, before protection."""
    SITE = "site"
    """The site as a whole: editions, administrators, mail that was written to a folder."""


OPEN = frozenset({Policy.PUBLIC, Policy.ANYONE, Policy.SIGNED_IN})
"""Policies that ask for no role."""
OF_EDITION = frozenset(Policy) - OPEN - {Policy.SITE}
"""Policies that ask for a role in the edition of the address."""

SATISFIES: Mapping[Role, frozenset[Policy]] = {
    Role.ORGANISER: OF_EDITION - {Policy.ASSESS},
    Role.PROGRAMME: frozenset({Policy.WORKSHOP, Policy.PROGRAMME, Policy.REVIEW}),
    Role.REVIEWER: frozenset({Policy.WORKSHOP, Policy.REVIEW}),
    Role.DESK: frozenset({Policy.WORKSHOP, Policy.CHECK_IN}),
    Role.TRANSLATOR: frozenset({Policy.WORKSHOP, Policy.TRANSLATE}),
    Role.RAPPORTEUR: frozenset({Policy.WORKSHOP, Policy.REPORT}),
    Role.ENGAGEMENT: frozenset({Policy.WORKSHOP, Policy.ENGAGE}),
    Role.ASSESSOR: frozenset({Policy.WORKSHOP, Policy.ASSESS}),
    Role.FUNDER: frozenset({Policy.STATISTICS}),
    Role.ADMINISTRATOR: frozenset({Policy.SITE, Policy.WORKSHOP, Policy.PEOPLE, Policy.AUDIT}),
}
"""An administrator keeps the site running and roles in order, and so reads neither registrations nor mail. Who assesses
commitments is nobody who organises."""


def satisfies(grant: RoleGrant, policy: Policy) -> bool:
    """Whether this role, as this person holds it, is let in by `policy`."""
    if policy is Policy.INTERNAL_STATISTICS and grant.role is Role.FUNDER:
        return grant.sees_internal_statistics
    return policy in SATISFIES[grant.role]


def needs_second_factor(grant: RoleGrant) -> bool:
    """Whether the role is usable only with a passkey or an authenticator app.

    All are but a funder's who reads protected figures alone, which cannot single anybody out.
    """
    return grant.role is not Role.FUNDER or grant.sees_internal_statistics


def is_of_site(role: Role) -> bool:
    """Whether the role is held over the whole site instead of in one edition."""
    return role is Role.ADMINISTRATOR


def has_language(role: Role) -> bool:
    """Whether the role is held for one language."""
    return role is Role.TRANSLATOR
