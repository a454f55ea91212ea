"""Letters about the audit log."""

from flask_babel import gettext as _

from forum.mail.letter import Letter


def export_letter(*, to: str, name: str, edition: str, who: str, when: str, reason: str, url: str) -> Letter:
    """Tells an organiser that somebody took the log out."""
    return Letter(
        to=to,
        subject=_("The audit log was taken out"),
        paragraphs=(
            _("Hello %(name)s,", name=name) if name else _("Hello,"),
            _(
                "%(who)s has taken the audit log of %(edition)s out as a file, %(when)s.",
                who=who,
                edition=edition,
                when=when,
            ),
            _("The reason given: %(reason)s", reason=reason),
        ),
        action=_("See the audit log"),
        url=url,
        notes=(
            _("Every organiser of the edition is told. If this should not have been, speak with each other about it."),
        ),
    )
