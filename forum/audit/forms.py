"""What one asks the audit log for, and why one takes it out."""

from datetime import date
from typing import Any

from wtforms import DateField, Form, SelectField, StringField
from wtforms.validators import DataRequired, Length, Optional

from forum.forms import ForumForm
from forum.i18n import _l

MOST_REASON = 200
EARLIEST, LATEST = date(2000, 1, 1), date(9000, 1, 1)
"""Days that a log can be of, far from where calendars end."""
NOT_A_DAY = _l("Write a day, such as 2026-05-12; all days are shown.")
NOT_A_CHOICE = _l("This choice is not there; all are shown.")


class LogFilter(Form):  # type: ignore[misc]  # WTForms carries no types.
    """A GET form; every field may stay empty. A value it does not know is refused in words."""

    area = SelectField(_l("What"))
    person = SelectField(_l("Who"))
    role = SelectField(_l("In which role"))
    record = SelectField(_l("On what"))
    since = DateField(_l("From"), [Optional()])
    until = DateField(_l("To"), [Optional()])

    def validate(self, extra_validators: object = None) -> bool:
        """Whether every value is known, as WTForms has it, but with sentences of ours."""
        for field in (self.since, self.until):
            if field.data and not EARLIEST <= field.data <= LATEST:
                field.process_errors.append("no such day")
        is_good: bool = super().validate(extra_validators)
        for name in self.errors:
            is_day = isinstance(self[name], DateField)
            self[name].errors = [str(NOT_A_DAY if is_day else NOT_A_CHOICE)]
        return is_good


class ExportForm(ForumForm):
    """Nobody takes the log out without saying why."""

    reason = StringField(
        _l("Why do you need it?"),
        [
            DataRequired(_l("Say in a few words why you need it.")),
            Length(max=MOST_REASON, message=_l("Say it in 200 characters at most.")),
        ],
    )
    format = SelectField(_l("File format"), default="csv")

    def __init__(self, *arguments: Any, **given: Any) -> None:
        super().__init__(*arguments, **given)
        self.format.choices = [("csv", _l("Spreadsheet (CSV)")), ("json", _l("For programs (JSON)"))]
