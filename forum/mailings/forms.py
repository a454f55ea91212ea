"""The forms of a mailing: whom it is for and its words in each language; and the one that confirms it."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from wtforms import BooleanField, HiddenField, IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import CheckboxInput, HiddenInput

from forum.editions.models import Edition
from forum.forms import ForumForm
from forum.i18n import LANGUAGES, TranslatedText, _l, direction, language_name, own_name
from forum.language import page_language
from forum.mailings.models import Mailing
from forum.mailings.queries import SOURCES
from forum.mailings.rules import BODY_LENGTH, SUBJECT_LENGTH, Audience
from forum.roles.models import Role
from forum.roles.rules import is_of_site
from forum.roles.words import ROLES

TOO_LONG = _l("Write at most %(max)d characters.")
NOT_OFFERED = _l("Choose from what is offered.")
BREAKS = ("Zl", "Zp")
"""Unicode's line and paragraph separators."""


def one_line(form: ForumForm, field: StringField) -> None:
    """Refuse what would end a header of a mail, or is not written by people."""
    if any(unicodedata.category(letter) in ("Cc", *BREAKS) for letter in field.data or ""):
        raise ValidationError(_("A subject is one line of text. Take out line breaks and control characters."))


def plain_text(form: ForumForm, field: StringField) -> None:
    """Refuse control characters other than line breaks and tabs."""
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\t" for letter in field.data or ""):
        raise ValidationError(_("There is a control character in this text. Type it anew, or paste it as plain text."))


def _trimmed(text: str | None) -> str:
    return (text or "").strip(" \r\n\t")


def _without_returns(text: str | None) -> str:
    """Lines as we keep them: browsers send them with a carriage return."""
    return (text or "").replace("\r\n", "\n").strip(" \n\t")


def moment_said(field: HiddenField) -> datetime | None:
    """The moment with its time zone that a field holds, or None."""
    try:
        moment = datetime.fromisoformat(field.data or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _choice_of_several(label: Any) -> SelectMultipleField:
    return SelectMultipleField(label, option_widget=CheckboxInput(), invalid_choice_message=NOT_OFFERED)


class MailingForm(ForumForm):
    """Whom a mailing is for. `form_of` adds the words, in the languages that are wanted."""

    sources = _choice_of_several(_l("Kinds of people (none: all)"))
    roles = _choice_of_several(_l("Roles (none: all)"))
    languages = _choice_of_several(_l("Language of the person (none: any)"))
    is_service = BooleanField(
        _l("This tells of something people take part in, so it also goes to those who want no mailings")
    )

    written = HiddenField()
    """When what the writer started from was written; empty for a new mailing."""

    tags: Sequence[str] = ()
    """The languages it has words in."""

    def __init__(self, *arguments: Any, **given: Any) -> None:
        super().__init__(*arguments, **given)
        self.sources.choices = [(source.name, str(source.words)) for source in SOURCES]
        self.roles.choices = [(role.value, str(ROLES[role])) for role in Role if not is_of_site(role)]
        self.languages.choices = [(tag, own_name(tag)) for tag in LANGUAGES]

    @property
    def written_at(self) -> datetime | None:
        """The moment that `written` says; None where it says none."""
        return moment_said(self.written)

    @property
    def audience(self) -> Audience:
        """Whom it is for."""
        return Audience(
            sources=tuple(self.sources.data or ()),
            roles=tuple(Role(role) for role in self.roles.data or ()),
            languages=tuple(self.languages.data or ()),
        )

    def words(self, field: str, main_language: str) -> TranslatedText:
        """What was written as `subject` or `body`, the original in the main language."""
        return TranslatedText.from_plain({tag: self[f"{field}_{tag}"].data for tag in self.tags}, main_language)


def form_of(edition: Edition, mailing: Mailing | None = None) -> MailingForm:
    """The form with the words in every language of the edition, and in those that the mailing has besides."""
    found = list(
        dict.fromkeys([*edition.languages, *(mailing.subject if mailing else ()), *(mailing.body if mailing else ())])
    )

    class WithWords(MailingForm):
        """The form of one request."""

        tags = found

    for tag in found:
        language = language_name(tag, page_language())
        setattr(WithWords, f"subject_{tag}", _subject(_("Subject in %(language)s", language=language), tag))
        setattr(WithWords, f"body_{tag}", _body(_("Text in %(language)s", language=language), tag))
    return WithWords(data=_held(mailing) if mailing else None)


def _subject(label: str, tag: str) -> StringField:
    return StringField(
        label,
        filters=[_trimmed],
        validators=[one_line, Length(max=SUBJECT_LENGTH, message=TOO_LONG)],
        render_kw={"lang": tag, "dir": direction(tag), "autocomplete": "off"},
    )


def _body(label: str, tag: str) -> TextAreaField:
    return TextAreaField(
        label,
        filters=[_without_returns],
        validators=[plain_text, Length(max=BODY_LENGTH, message=TOO_LONG)],
        render_kw={"lang": tag, "dir": direction(tag), "rows": 14},
    )


def _held(mailing: Mailing) -> Mapping[str, Any]:
    return {
        **{name: mailing.audience.get(name, []) for name in ("sources", "roles", "languages")},
        "is_service": mailing.is_service,
        "written": mailing.written_at.isoformat(),
        **{f"subject_{tag}": text for tag, text in mailing.subject.plain().items()},
        **{f"body_{tag}": text for tag, text in mailing.body.plain().items()},
    }


class SendForm(ForumForm):
    """What whoever sends a mailing has seen: for how many people it is, and as of when it was written."""

    people = IntegerField(validators=[InputRequired()], widget=HiddenInput())
    written = HiddenField(validators=[InputRequired()])

    def validate_written(self, field: HiddenField) -> None:
        """Refuse what is no moment."""
        if moment_said(field) is None:
            raise ValidationError

    @property
    def written_at(self) -> datetime | None:
        """The moment that `written` says."""
        return moment_said(self.written)
