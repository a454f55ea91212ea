"""The letter that offers a role."""

from datetime import datetime

from flask_babel import gettext as _

from forum.editions.models import Edition
from forum.language import moment_text, shown, zone_text
from forum.mail.letter import Letter
from forum.roles.models import Role
from forum.roles.words import ROLES


def invitation_letter(*, to: str, edition: Edition, role: Role, url: str, expires_at: datetime) -> Letter:
    """Who invites to what, and until when; the role stands in the letter, not in its subject."""
    until = expires_at.astimezone(edition.zone)
    when = f"{moment_text(until)}, {zone_text(edition.time_zone, until.date())}"
    name = shown(edition.name).text
    return Letter(
        to=to,
        subject=_("An invitation"),
        paragraphs=(
            _("Hello,"),
            _("the organisers of %(edition)s invite you to work with them.", edition=name),
            _("Your role would be: %(role)s.", role=str(ROLES[role])),
            _("The invitation holds until %(moment)s.", moment=when),
        ),
        action=_("See the invitation"),
        url=url,
        notes=(_("If you want nothing of it, do nothing."),),
    )
