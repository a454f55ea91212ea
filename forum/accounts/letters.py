"""Letters about one's account. Their subjects tell nobody who looks over a shoulder what they are about."""

from flask_babel import gettext as _

from forum.mail.letter import Letter


def sign_in_letter(*, to: str, url: str, code: str) -> Letter:
    """The link and the code that sign in."""
    return Letter(
        to=to,
        subject=_("Your link"),
        paragraphs=(
            _("Hello,"),
            _("somebody, surely you, wants to sign in with this address. This link does it, once, within ten minutes:"),
        ),
        action=_("Sign in"),
        url=url,
        code=code,
        notes=(
            _("If you read this on another device, type the code there instead."),
            _("If it was not you, do nothing: without the link nobody gets in."),
        ),
    )


def address_letter(*, to: str, url: str, code: str) -> Letter:
    """The link and the code that add an address to an account."""
    return Letter(
        to=to,
        subject=_("Your link"),
        paragraphs=(
            _("Hello,"),
            _("somebody wants to add this address to an account. If it was you, this link does it within ten minutes:"),
        ),
        action=_("Add this address"),
        url=url,
        code=code,
        notes=(_("If it was not you, do nothing."),),
    )


def address_taken_letter(*, to: str) -> Letter:
    """Tells the owner of an address that somebody tried to add it to another account."""
    return Letter(
        to=to,
        subject=_("About your account"),
        paragraphs=(
            _("Hello,"),
            _("somebody wanted to add this address to another account. It belongs to yours, so nothing was changed."),
        ),
        notes=(_("You need to do nothing. If it was you: remove the address from this account first."),),
    )


def _news(to: str, what: str) -> Letter:
    return Letter(
        to=to,
        subject=_("About your account"),
        paragraphs=(_("Hello,"), what),
        notes=(_("If it was not you: sign in, end all other sign-ins, and tell the organisers."),),
    )


def address_added_letter(*, to: str, address: str) -> Letter:
    """Tells that an address was added."""
    return _news(
        to, _("the address %(address)s was added to your account. It can sign in from now on.", address=address)
    )


def address_removed_letter(*, to: str, address: str) -> Letter:
    """Tells that an address was removed."""
    return _news(to, _("the address %(address)s was removed from your account.", address=address))


def primary_changed_letter(*, to: str, address: str) -> Letter:
    """Tells where mail goes from now on; also where it went before."""
    return _news(to, _("mail to your account now goes to %(address)s.", address=address))


def erased_letter(*, to: str, lines: tuple[str, ...]) -> Letter:
    """The receipt of an erasure. It is forgotten once it is sent."""
    return Letter(
        to=to,
        subject=_("Your receipt"),
        paragraphs=(_("Hello,"), _("you had your account erased. This is the receipt."), *lines),
        notes=(_("This is the last mail to this address. Our copy of it is erased once it is sent."),),
    )
