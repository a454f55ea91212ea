"""The form of an invitation."""

from wtforms import BooleanField, EmailField, SelectField
from wtforms.validators import InputRequired, Length

from forum.accounts.rules import ADDRESS_LENGTH
from forum.editions.models import Edition
from forum.forms import ForumForm
from forum.i18n import LANGUAGES, _l, language_name, own_name
from forum.language import page_language
from forum.roles.models import Role
from forum.roles.rules import is_of_site
from forum.roles.words import ROLES


class InviteForm(ForumForm):
    """Whom to invite, to which role."""

    email = EmailField(
        _l("E-mail address"),
        validators=[InputRequired(_l("Enter an e-mail address.")), Length(max=ADDRESS_LENGTH)],
        render_kw={"autocomplete": "off"},
    )
    role = SelectField(_l("Role"), choices=[])
    language = SelectField(_l("Language, of a translator"), choices=[])
    mail_language = SelectField(_l("Language of the invitation"), choices=[])
    sees_internal_statistics = BooleanField(_l("A funder may see exact statistics too"))

    def __init__(self, edition: Edition) -> None:
        super().__init__()
        reader = page_language()
        self.role.choices = [(role.value, str(ROLES[role])) for role in Role if not is_of_site(role)]
        self.language.choices = [("", "—"), *((tag, language_name(tag, reader)) for tag in edition.languages)]
        self.mail_language.choices = [(tag, own_name(tag)) for tag in LANGUAGES]
        if self.mail_language.data in (None, "None"):
            self.mail_language.data = reader
