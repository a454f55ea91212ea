"""What states, kinds and replies of mail are called."""

from collections.abc import Mapping

from flask_babel import LazyString, gettext

from forum.i18n import _l
from forum.mail.models import MailState
from forum.mail.transports import SIGN_IN_REFUSED

STATES: Mapping[MailState, LazyString] = {
    MailState.QUEUED: _l("Waiting"),
    MailState.SENDING: _l("Being sent"),
    MailState.SENT: _l("Sent"),
    MailState.FAILED: _l("Failed"),
    MailState.CANCELLED: _l("Not to be sent any more"),
}
KINDS: Mapping[str, LazyString] = {
    "audit.export": _l("Notice that the audit log was exported"),
    "mailings.mailing": _l("Mailing"),
    "roles.invitation": _l("Invitation to a role"),
}
"""What a message of an edition is for. An area that sends another kind for one adds its words here."""
_WHY: Mapping[str, LazyString] = {
    "cannot be made": _l("The message could not be made; the fault is in our log."),
    "cannot be opened": _l("What the message says cannot be opened; a key is missing."),
    "certificate not verified": _l("The mail server could not prove who it is."),
    "connection cut": _l("The connection to the mail server was cut."),
    "connection failed": _l("The mail server could not be reached."),
    "connection refused": _l("The mail server does not answer."),
    "folder not writable": _l("The folder for mail cannot be written to."),
    "host not found": _l("The mail server's name is not known."),
    "no SMTPUTF8": _l("The mail server does not take addresses in this script."),
    "no STARTTLS": _l("The mail server offers no encryption."),
    "no address": _l("This is no address that mail can go to."),
    "no sign-in": _l("The mail server offers no way to sign in."),
    "timed out": _l("The mail server did not answer in time."),
    "TLS failed": _l("No encrypted connection to the mail server came about."),
}


def reply_words(reply: str) -> str:
    """What a kept reply means; codes of the server stand for themselves."""
    if not reply:
        return ""
    if reply.endswith(SIGN_IN_REFUSED):
        code = reply.removesuffix(SIGN_IN_REFUSED)
        return str(gettext("The mail server does not let this site sign in (%(code)s).", code=code))
    return str(_WHY[reply] if reply in _WHY else gettext("The mail server answered %(code)s.", code=reply))
