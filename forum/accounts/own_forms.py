"""Forms of one's own page."""

from typing import Any

from wtforms import BooleanField, EmailField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length

from forum.accounts.rules import ADDRESS_LENGTH, ALIAS_LENGTH, NAME_LENGTH
from forum.forms import CheckboxGroup, ForumForm
from forum.i18n import LANGUAGES, _l, own_name


def _at_most(letters: int) -> Length:
    return Length(max=letters, message=_l("That is too long: %(max)d signs at most."))


class ProfileForm(ForumForm):
    """What one says of oneself. A name may stay empty."""

    name = StringField(_l("Name"), validators=[_at_most(NAME_LENGTH)], render_kw={"autocomplete": "name"})
    alias = StringField(_l("Name on badges"), validators=[_at_most(ALIAS_LENGTH)], render_kw={"autocomplete": "off"})
    language = SelectField(_l("Language of pages and mail"))
    languages = SelectMultipleField(_l("Languages you understand"), widget=CheckboxGroup())
    more = StringField(_l("Other languages you understand"), validators=[_at_most(300)])
    time_zone = StringField(_l("Time zone"), validators=[InputRequired(_l("Write a city of your time zone."))])

    def __init__(self, *arguments: Any, **given: Any) -> None:
        super().__init__(*arguments, **given)
        self.language.choices = self.languages.choices = [(tag, own_name(tag)) for tag in LANGUAGES]


class AddressForm(ForumForm):
    """The address to add."""

    email = EmailField(
        _l("E-mail address"),
        validators=[InputRequired(_l("Enter the address.")), _at_most(ADDRESS_LENGTH)],
        render_kw={"autocomplete": "email", "autocapitalize": "off", "spellcheck": "false"},
    )


class EraseForm(ForumForm):
    """A box to tick, so that a slip of the finger erases nobody."""

    understood = BooleanField(
        _l("I know that this cannot be undone."),
        validators=[InputRequired(_l("Tick the box to say that you know; nothing was erased."))],
    )
