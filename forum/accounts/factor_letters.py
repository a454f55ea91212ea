"""Letters that tell somebody that the proofs of their account changed. Their subjects give nothing away."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import LazyString
from flask_babel import gettext as _

from forum.accounts.models import Person
from forum.i18n import _l
from forum.language import absolute, moment_text, writing_to, zone_text
from forum.mail.letter import Letter
from forum.mail.services import post


class Happened(StrEnum):
    """What such a letter tells of."""

    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    AUTHENTICATOR_ADDED = "authenticator_added"
    AUTHENTICATOR_REMOVED = "authenticator_removed"
    CODES_MADE = "recovery_codes_made"
    CODE_USED = "recovery_code_used"
    FACTORS_RESET = "factors_reset"


SENTENCES: Mapping[Happened, LazyString] = {
    Happened.PASSKEY_ADDED: _l("a passkey was added to your account on %(when)s (%(zone)s)."),
    Happened.PASSKEY_REMOVED: _l("a passkey was removed from your account on %(when)s (%(zone)s)."),
    Happened.AUTHENTICATOR_ADDED: _l("an authenticator app was set up for your account on %(when)s (%(zone)s)."),
    Happened.AUTHENTICATOR_REMOVED: _l("the authenticator app was removed from your account on %(when)s (%(zone)s)."),
    Happened.CODES_MADE: _l(
        "new recovery codes were made for your account on %(when)s (%(zone)s). The old ones open nothing any more."
    ),
    Happened.FACTORS_RESET: _l(
        "whoever runs this site took every passkey, app and recovery code from your account on %(when)s (%(zone)s)."
    ),
    Happened.CODE_USED: _l("a recovery code was used to sign in to your account on %(when)s (%(zone)s)."),
}


def tell(person: Person, happened: Happened, *, at: datetime) -> None:
    """Mail a person what happened, in their language and time zone, in the transaction of what it tells of."""
    address = person.primary_address
    if address is None:
        return
    with writing_to(person.language):
        post(
            letter=_letter(address.email, happened, at.astimezone(ZoneInfo(person.time_zone)), person.time_zone),
            kind=f"accounts.{happened.value}",
            language=person.language,
            person_id=person.id,
            at=at,
        )


def _letter(to: str, happened: Happened, moment: datetime, zone: str) -> Letter:
    said = str(SENTENCES[happened]) % {"when": moment_text(moment), "zone": zone_text(zone, moment.date())}
    return Letter(
        to=to,
        subject=_("About your account"),
        paragraphs=(
            _("Hello,"),
            said,
            _(
                "If that was you, there is nothing to do. If it was not, open this page at once, end every other "
                "sign-in, remove what you do not know, and write to the organisers."
            ),
        ),
        action=_("Look at my account"),
        url=absolute(url_for("factors.factors_page")),
    )
