"""A mailing as one person reads it."""

from flask_babel import gettext as _

from forum.accounts.models import Person
from forum.accounts.queries import person_by_id
from forum.i18n import language_name
from forum.language import page_language, shown, writing_to
from forum.mail.letter import Letter
from forum.mail.models import OutboxMail
from forum.mailings import queries, rules
from forum.mailings.links import unsubscribe_url
from forum.mailings.models import Mailing


def letter_for(row: OutboxMail) -> Letter | None:
    """The letter of one row of a mailing, as it is to be sent now.

    None where nothing is to be sent any more: the person is gone, has no address, or wants no mailings.
    """
    assert row.mailing_id is not None, "this row is no part of a mailing"
    mailing = queries.mailing_by_id(row.mailing_id)
    person = person_by_id(row.person_id) if row.person_id is not None else None
    if person is None or person.primary_address is None:
        return None
    if not mailing.is_service and queries.has_refused(person, mailing.edition):
        return None
    return letter_to(person, mailing, language=row.language, to=person.primary_address.email)


def letter_to(person: Person, mailing: Mailing, *, language: str, to: str) -> Letter:
    """A complete mailing in the words for a reader of `language`, else in those of the original, marked as such."""
    with writing_to(language):
        written_in = rules.language_for(mailing, language)
        unsubscribe = "" if mailing.is_service else unsubscribe_url(person, mailing.edition, language)
        return Letter(
            to=to,
            subject=mailing.subject[written_in].text,
            paragraphs=(_greeting(person.name), *_excuse(written_in)),
            markdown=mailing.body[written_in].text,
            markdown_language="" if written_in == page_language() else written_in,
            notes=_notes(person, mailing, unsubscribe),
            list_unsubscribe=unsubscribe,
        )


def _greeting(name: str) -> str:
    return str(_("Hello %(name)s,", name=" ".join(name.split())) if name.strip() else _("Hello,"))


def _excuse(written_in: str) -> tuple[str, ...]:
    """What is said first to who reads a language that the mailing was not written in."""
    if rules.is_same_language(written_in, page_language()):
        return ()
    return (
        _(
            "this message was not written in your language; here it is in another: %(language)s.",
            language=language_name(written_in, page_language()),
        ),
    )


def _notes(person: Person, mailing: Mailing, unsubscribe: str) -> tuple[str, ...]:
    edition = shown(mailing.edition.name).text
    because = str(queries.reason_for(mailing, person)) % {"edition": edition}
    if not unsubscribe:
        return (because, _("It tells of something you take part in, so it goes to everybody whom that concerns."))
    return (because, _("If you want no more such messages, open this page: %(url)s", url=unsubscribe))
