"""Forms of signing in and of one's own page."""

from wtforms import EmailField, HiddenField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from forum.accounts.rules import ADDRESS_LENGTH
from forum.forms import ForumForm, OpenForm
from forum.i18n import _l


class SignInForm(OpenForm):
    """The one field that signing in needs."""

    email = EmailField(
        _l("E-mail address"),
        validators=[InputRequired(_l("Enter your e-mail address.")), Length(max=ADDRESS_LENGTH)],
        render_kw={"autocomplete": "email", "autocapitalize": "off", "spellcheck": "false"},
    )


class CodeForm(ForumForm):
    """Six digits out of a mail or an authenticator app."""

    code = StringField(
        _l("Six-digit code"),
        validators=[InputRequired(_l("Enter the code.")), Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


class PressForm(ForumForm):
    """A button, and nothing to fill in."""


class ProofForm(ForumForm):
    """A code of an authenticator app, or a recovery code."""

    code = StringField(
        _l("Code"),
        validators=[InputRequired(_l("Enter the code.")), Length(max=60)],
        render_kw={
            "autocomplete": "one-time-code",
            "autocapitalize": "characters",
            "spellcheck": "false",
            "dir": "ltr",
        },
    )


class PasskeyForm(ForumForm):
    """What a passkey answered, put in by the page's script."""

    answer = HiddenField(validators=[Length(min=1, max=20_000)])


class PasskeyNameForm(ForumForm):
    """What somebody calls a passkey."""

    name = StringField(
        _l("Name"),
        validators=[
            DataRequired(_l("Give it a name, so that you know it again.")),
            Length(max=60, message=_l("A name has 60 letters at most.")),
        ],
        render_kw={"autocomplete": "off"},
    )


class NewPasskeyForm(PasskeyForm, PasskeyNameForm):
    """A new passkey and its name."""
