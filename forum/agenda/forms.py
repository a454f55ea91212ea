"""The filters of the agenda as a form and as query parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict
from wtforms import Form, SearchField, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.validators import Length

from forum.agenda.board import Filters
from forum.agenda.queries import Published, matching_codes
from forum.agenda.zones import zone_like
from forum.editions.models import Edition
from forum.forms import CheckboxGroup
from forum.i18n import _l, own_name
from forum.language import day_text, page_language, shown

MAX_QUERY = 80


class AgendaFilter(Form):  # type: ignore[misc]  # WTForms carries no types.
    """A GET form; every field may stay empty. A value it does not know is refused in words."""

    q = SearchField(_l("Search"), [Length(max=MAX_QUERY, message=_l("A search may have 80 characters at most."))])
    day = SelectField(_l("Day"))
    track = SelectField(_l("Track"))
    room = SelectField(_l("Room"))
    format = SelectField(_l("Format"))
    language = SelectMultipleField(_l("I understand"), widget=CheckboxGroup())
    tz = StringField(_l("Time zone"))

    def validate_tz(self, field: StringField) -> None:
        """A city or an IANA name."""
        if field.data and zone_like(field.data, page_language()) is None:
            raise ValidationError(str(_l("There is no such time zone; write a city, such as Nairobi or Lisbon.")))


@dataclass(frozen=True)
class Asked:
    """What a request for the agenda asks for: filters, zone, and the form that shows them."""

    form: AgendaFilter
    filters: Filters
    zone: ZoneInfo
    is_filtered: bool
    faults: Sequence[str] = field(default_factory=list)


def asked(given: MultiDict[str, str], edition: Edition, published: Published) -> Asked:
    """Read the query of an agenda address. A value that cannot be is named in `faults` and left out."""
    form = AgendaFilter(given)
    _offer(form, edition, published)
    faults = [] if form.validate() else _faults(form)
    bad = set(form.errors)
    good = {
        name: "" if name in bad else (form[name].data or "").strip()
        for name in ("q", "day", "track", "room", "format", "tz")
    }
    languages = frozenset() if "language" in bad else frozenset(form.language.data or ())
    filters = Filters(
        day=date.fromisoformat(good["day"]) if good["day"] else None,
        track=good["track"],
        room=good["room"],
        format=good["format"],
        languages=languages,
        codes=matching_codes(published, good["q"]) if good["q"] else None,
    )
    zone = zone_like(good["tz"], page_language()) if good["tz"] else None
    form.tz.data = zone.key if zone else form.tz.data
    return Asked(form, filters, zone or edition.zone, filters != Filters(), faults)


def _faults(form: AgendaFilter) -> list[str]:
    known = {"q", "tz"}
    own_words = [str(message) for name in form.errors if name in known for message in form.errors[name]]
    others = [form[name].label.text for name in form.errors if name not in known]
    return own_words + [
        str(_l("“%(field)s” does not have this choice; all are shown.", field=label)) for label in others
    ]


def _offer(form: AgendaFilter, edition: Edition, published: Published) -> None:
    """Give every select the choices that the release really has."""
    timetable = published.release.timetable
    used: dict[str, set[str]] = {
        name: {one[name] for one in timetable["sessions"]} for name in ("track", "room", "format")
    }
    days = sorted({one["day"] for one in timetable["sessions"]})
    form.day.choices = [
        ("", _l("All days")),
        *((day, day_text(date.fromisoformat(day), "MMMEd")) for day in days),
    ]
    for name, everything in (
        ("track", _l("All tracks")),
        ("room", _l("All rooms")),
        ("format", _l("All formats")),
    ):
        found = [(one["code"], shown(one["name"]).text) for one in timetable[f"{name}s"] if one["code"] in used[name]]
        form[name].choices = [("", everything), *found]
        form[name].data = form[name].data or ""
    form.day.data = form.day.data or ""
    spoken = {tag for one in timetable["sessions"] for tag in (one["language"], *one["interpretation"]) if tag}
    order = [*edition.languages, *sorted(spoken - set(edition.languages))]
    form.language.choices = [(tag, own_name(tag)) for tag in order if tag in spoken]
