"""What all forms share."""

from typing import Any
from uuid import uuid4

from flask import current_app, request
from flask_wtf import FlaskForm
from flask_wtf.form import _Auto as FROM_REQUEST
from itsdangerous import BadSignature, TimestampSigner
from markupsafe import Markup
from wtforms import HiddenField, SelectMultipleField

from forum.errors import ForumError
from forum.i18n import _l


class ForumForm(FlaskForm):  # type: ignore[misc]  # The library has no types.
    """A form that changes something: it carries a token that only pages of ours have (CSRF)."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Fields are read from form fields alone: files and JSON hold what is no text, and fields are not made for."""

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """What was sent, where nothing else is given."""
            return (request.form or None) if formdata is FROM_REQUEST else formdata


MOST_SECONDS = 24 * 3600
"""How long ago a form may have been opened. How often it was sent is counted for as long (Counted.SAME_FORM)."""


class TooQuick(ForumError):
    sentence = _l("That was quicker than people are. Wait a few seconds, then press the button again.")


class OpenForm(ForumForm):
    """A form that anybody may send: it must have been open for a while, so that programs cannot flood us with it.

    The moment it was opened is in the form, signed, with a random number by which its uses are counted. It takes the
    place of a puzzle, which keeps people out too.
    """

    opened = HiddenField()

    def __init__(self, *arguments: Any, **given: Any) -> None:
        super().__init__(*arguments, **given)
        self.opened_then = self.opened.data
        if not self._age_is_known():
            self.open_anew()

    def require_patience(self) -> None:
        """Raise TooQuick where the form was opened a moment ago, or is none of ours; it then counts from now."""
        seconds = current_app.config["FORM_SECONDS"]
        try:
            _, opened_at = _signer().unsign(self.opened_then or "", max_age=MOST_SECONDS, return_timestamp=True)
            age = (_signer().timestamp_to_datetime(_signer().get_timestamp()) - opened_at).total_seconds()
        except BadSignature:
            age = -1.0
        if age < seconds:
            raise TooQuick

    def open_anew(self) -> None:
        """Let the form count as opened now: it was sent as often as one may be."""
        self.opened.data = _signer().sign(uuid4().hex).decode()

    def _age_is_known(self) -> bool:
        try:
            return bool(_signer().unsign(self.opened_then or "", max_age=MOST_SECONDS))
        except BadSignature:
            return False


def _signer() -> TimestampSigner:
    return TimestampSigner(current_app.config["SECRET_KEY"], salt="form opened")


class CheckboxGroup:
    """A choice of several as checkboxes, each with its label: nobody has to know about holding Ctrl."""

    def __call__(self, field: SelectMultipleField, **_: object) -> Markup:
        boxes = (
            Markup(
                '<label class="check"><input type="checkbox" name="{}" value="{}"{}> <span lang="{}">{}</span></label>'
            ).format(field.name, value, Markup(" checked") if chosen else "", value, label)
            for value, label, chosen, *_ in field.iter_choices()
        )
        return Markup("").join(boxes)
