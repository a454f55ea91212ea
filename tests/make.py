"""Factories: each makes one thing and whatever it cannot be without. Name only what matters to the test."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from forum.accounts import services as accounts
from forum.accounts.models import Person, Proof, SignIn
from forum.audit.services import COMMAND
from forum.db import db, utcnow
from forum.editions import services as editions
from forum.editions.models import Edition, Forum, Room
from forum.i18n import TranslatedText
from forum.mail.letter import Letter
from forum.mailings.models import Mailing
from forum.programme import services
from forum.programme.models import (
    Format,
    ForumSession,
    ListingSource,
    Release,
    SessionState,
    Speaker,
    SpeakerRole,
    Track,
)
from forum.roles import services as roles
from forum.roles.models import Invitation, Role, RoleGrant

DAY = date(2026, 5, 12)
"""The first day of every edition made here, a Tuesday."""
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
"""When things are made and released, well before the edition."""
_number = count(1)


def words(text: str | TranslatedText, language: str = "en") -> TranslatedText:
    """A text whose original is in `language`."""
    return text if isinstance(text, TranslatedText) else TranslatedText.from_plain({language: text}, language)


def a_forum(**given: Any) -> Forum:
    n = next(_number)
    return editions.make_forum(
        slug=given.pop("slug", f"forum-{n}"), name=words(given.pop("name", f"Forum {n}")), **given
    )


def an_address() -> str:
    return f"person-{next(_number)}@example.org"


def a_person(**given: Any) -> Person:
    """Somebody with an account and one proven address."""
    wanted: dict[str, Any] = {"email": an_address(), "name": f"Person {next(_number)}", "language": "en", **given}
    return accounts.make_person(**{"at": NOON, **wanted})


def a_grant(role: Role, edition: Edition | None = None, *, person: Person | None = None, **given: Any) -> RoleGrant:
    """Somebody with a role: in a new edition unless one is named; an administrator over the site."""
    where = None if role is Role.ADMINISTRATOR else edition or an_edition()
    if role is Role.TRANSLATOR:
        given.setdefault("language", "fr")
    return roles.grant(person=person or a_person(), role=role, edition=where, by=COMMAND, at=NOON, **given)


def an_invitation(edition: Edition, **given: Any) -> Invitation:
    """An open invitation to an address that nobody has proved."""
    wanted: dict[str, Any] = {"email": an_address(), "role": Role.REVIEWER, "mail_language": "en", **given}
    return roles.invite(
        edition=edition,
        write=lambda token, _: Letter(to=wanted["email"], subject="An invitation", paragraphs=(token,)),
        by=COMMAND,
        **{"at": utcnow(), **wanted},
    )


def a_mailing(edition: Edition, **given: Any) -> Mailing:
    """A draft to everybody."""
    subject, body = words(given.pop("subject", "News")), words(given.pop("body", "The programme is out."))
    mailing = Mailing(
        edition_id=edition.id,
        code=f"M{next(_number):05}",
        subject=subject,
        body=body,
        **{"audience": {"roles": [], "languages": []}, "written_at": NOON, **given},
    )
    db.session.add(mailing)
    db.session.flush()
    return mailing


def a_sign_in(person: Person) -> SignIn:
    """Another browser in which somebody is signed in."""
    started, _ = accounts.sign_in(person=person, proof=Proof.LINK, at=utcnow(), second_factor=True)
    return started


def an_edition(**given: Any) -> Edition:
    n = next(_number)
    forum = given.pop("forum", None) or a_forum()
    wanted: dict[str, Any] = {
        "slug": f"edition-{n}",
        "starts_on": DAY,
        "ends_on": DAY + timedelta(days=2),
        "time_zone": "Africa/Lusaka",
        "languages": ["en", "fr"],
        "at": NOON,
        **given,
    }
    return editions.make_edition(forum=forum, name=words(wanted.pop("name", f"Edition {n}")), **wanted)


def a_room(edition: Edition, **given: Any) -> Room:
    n = next(_number)
    return editions.add_room(
        edition=edition, code=given.pop("code", f"room-{n}"), name=words(given.pop("name", f"Room {n}")), **given
    )


def a_track(edition: Edition, **given: Any) -> Track:
    n = next(_number)
    wanted: dict[str, Any] = {"code": f"track-{n}", "colour": "#2f5d9b", "position": n, **given}
    track = services.add_track(edition=edition, name=words(wanted.pop("name", f"Track {n}")), **wanted)
    db.session.flush()
    return track


def a_format(edition: Edition, **given: Any) -> Format:
    n = next(_number)
    wanted: dict[str, Any] = {"code": f"format-{n}", "position": n, **given}
    kind = services.add_format(edition=edition, name=words(wanted.pop("name", f"Format {n}")), **wanted)
    db.session.flush()
    return kind


def a_speaker(edition: Edition, *, listed: bool = True, **given: Any) -> Speaker:
    n = next(_number)
    speaker = services.add_speaker(
        edition=edition,
        code=given.pop("code", f"S{n:05}"),
        name=given.pop("name", f"Speaker {n}"),
        listed_at=NOON if listed else None,
        source=ListingSource.OWN_CONFIRMATION if listed else None,
        **given,
    )
    db.session.flush()
    return speaker


def a_session(
    edition: Edition,
    *,
    at: str = "09:00",
    minutes: int = 60,
    day: int = 0,
    room: Room | None = None,
    speakers: list[Speaker] | None = None,
    moderators: list[Speaker] | None = None,
    **given: Any,
) -> ForumSession:
    """A session on day `day` (0 is the first) at local time `at`; times from 24:00 on are of the night after."""
    n = next(_number)
    for field in ("title", "subtitle", "abstract", "description"):
        if field in given:
            given[field] = words(given[field])
    wanted: dict[str, Any] = {
        "code": f"C{n:05}",
        "number": n,
        "title": words(f"Session {n}"),
        "state": SessionState.CONFIRMED,
        "language": "en",
        **given,
    }
    forum_session = ForumSession(edition_id=edition.id, **wanted)
    db.session.add(forum_session)
    hours, _, rest = at.partition(":")
    day_on = edition.starts_on + timedelta(days=day)
    midnight = datetime.combine(day_on, datetime.min.time(), edition.zone)
    start = (midnight + timedelta(hours=int(hours), minutes=int(rest))).astimezone(UTC)
    services.place(
        forum_session=forum_session,
        room=room,
        day_on=day_on,
        starts_at=start,
        ends_at=start + timedelta(minutes=minutes),
    )
    cast = [(one, SpeakerRole.SPEAKER, "") for one in speakers or []]
    cast += [(one, SpeakerRole.MODERATOR, "") for one in moderators or []]
    services.cast(forum_session=forum_session, speakers=cast)
    db.session.flush()
    return forum_session


def a_release(edition: Edition, *, at: datetime = NOON, **given: Any) -> Release:
    """The draft, released; a test that would release nothing new is told so."""
    release = services.publish(edition=edition, at=at, **given)
    assert release is not None, "nothing differs from the release before"
    return release
