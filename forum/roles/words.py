"""Roles and policies in words."""

from collections.abc import Mapping

from flask_babel import LazyString

from forum.i18n import _lp
from forum.roles.models import Role
from forum.roles.rules import Policy

ROLES: Mapping[Role, LazyString] = {
    Role.ORGANISER: _lp("role", "Organiser"),
    Role.PROGRAMME: _lp("role", "Programme"),
    Role.REVIEWER: _lp("role", "Reviewer"),
    Role.DESK: _lp("role", "Registration desk"),
    Role.TRANSLATOR: _lp("role", "Translator"),
    Role.RAPPORTEUR: _lp("role", "Rapporteur"),
    Role.ENGAGEMENT: _lp("role", "Engagement"),
    Role.ASSESSOR: _lp("role", "Assessor"),
    Role.FUNDER: _lp("role", "Funder"),
    Role.ADMINISTRATOR: _lp("role", "Site administrator"),
}

ALLOWS: Mapping[Policy, LazyString] = {
    Policy.WORKSHOP: _lp("may", "see the workshop"),
    Policy.PEOPLE: _lp("may", "give and take roles"),
    Policy.AUDIT: _lp("may", "read the audit log"),
    Policy.MAIL: _lp("may", "write to people and see the outbox"),
    Policy.PROGRAMME: _lp("may", "make the programme"),
    Policy.REVIEW: _lp("may", "review proposals"),
    Policy.REGISTRATION: _lp("may", "see and change registrations"),
    Policy.CHECK_IN: _lp("may", "check people in"),
    Policy.TRANSLATE: _lp("may", "translate"),
    Policy.REPORT: _lp("may", "report on sessions"),
    Policy.ENGAGE: _lp("may", "write to organisations and keep commitments"),
    Policy.ASSESS: _lp("may", "assess commitments"),
    Policy.STATISTICS: _lp("may", "see protected statistics"),
    Policy.INTERNAL_STATISTICS: _lp("may", "see exact statistics"),
    Policy.SITE: _lp("may", "look after the site"),
}
"""What each policy that asks for a role lets one do."""
