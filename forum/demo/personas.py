"""The demo's people whom a visitor may look around as: one for each role, and one with none."""

from collections.abc import Mapping
from datetime import datetime

from forum.accounts import services as accounts
from forum.audit.services import COMMAND
from forum.editions.models import Edition
from forum.roles import services as roles
from forum.roles.models import Role
from forum.roles.rules import has_language, is_of_site

ATTENDEE = "attendee"
NAMES: Mapping[str, tuple[str, str]] = {
    Role.ORGANISER: ("Mwila Chanda", "en"),
    Role.PROGRAMME: ("Fatou Sarr", "fr"),
    Role.REVIEWER: ("Inês Cossa", "pt"),
    Role.DESK: ("Juma Mrisho", "sw"),
    Role.TRANSLATOR: ("Claire Mbarga", "fr"),
    Role.RAPPORTEUR: ("Elena Nchama", "es"),
    Role.ENGAGEMENT: ("Tendai Moyo", "en"),
    Role.ASSESSOR: ("Huda Elsayed", "ar"),
    Role.FUNDER: ("Ingrid Solheim", "en"),
    Role.ADMINISTRATOR: ("Kofi Asante", "en"),
    ATTENDEE: ("Neema Wanjiru", "sw"),
}
"""Invented names, each with the language its mail comes in."""


def make_personas(*, edition: Edition, at: datetime) -> None:
    """Accounts at example.org, which takes no mail (RFC 2606), marked as personas: only this function marks any."""
    for key, (name, language) in NAMES.items():
        person = accounts.make_person(
            email=f"{key}@example.org",
            name=name,
            language=language,
            languages=[language] if language == "en" else [language, "en"],
            time_zone=edition.time_zone,
            persona=str(key),
            at=at,
        )
        if key == ATTENDEE:
            continue
        role = Role(key)
        roles.grant(
            person=person,
            role=role,
            edition=None if is_of_site(role) else edition,
            language="fr" if has_language(role) else "",
            by=COMMAND,
            at=at,
        )
