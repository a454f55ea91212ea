"""The edition that is measured, made from a fixed seed by the services that organisers use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from flask import Flask
from flask_migrate import upgrade

from benchmarks.servers import SECRETS
from benchmarks.writer import LANGUAGES, WORDS, Writer
from config import Config
from forum import create_app
from forum.db import db
from forum.editions import services as edition_services
from forum.editions.models import Edition, Mode, Room
from forum.i18n import TranslatedText
from forum.organisations.models import StakeholderGroup
from forum.programme import services
from forum.programme.models import ForumSession, ListingSource, SessionState, Speaker, SpeakerRole

SEED = 20260512
SLUG = "bench"
FIRST_DAY = date(2031, 5, 13)
"""Far ahead, so that no page says "now" and none is made anew in the middle of a measurement."""
MADE_AT = datetime(2031, 4, 1, 12, tzinfo=UTC)
DAYS = 3
STARTS_A_DAY = 10
"""Sessions of one room on one day, an hour apart from 09:00 on."""
ABSTRACT_WORDS = 60
BIO_WORDS = 30
COLOURS = ("#2f5d9b", "#c8601a", "#2e8060", "#6b58a8", "#a33b6b", "#2c7f94", "#857018", "#b04a4a")
COUNTRIES = ("ZM", "KE", "NG", "GH", "SN", "MA", "EG", "ZA", "TZ", "UG", "RW", "CI", "CM", "ET", "MZ", "TN")


@dataclass(frozen=True)
class Size:
    """How large an edition is."""

    sessions: int
    rooms: int
    speakers: int


USUAL = Size(sessions=300, rooms=10, speakers=600)
LARGE = Size(sessions=1_000, rooms=34, speakers=2_000)


def app_for(database: Path, **settings: object) -> Flask:
    """The application on the SQLite file `database`, brought to the newest schema."""
    keys = {**SECRETS, "MASTER_KEYS": [SECRETS["MASTER_KEYS"]]}
    values = {"LOG_LEVEL": "WARNING", **keys, **settings}
    app = create_app(Config(SQLALCHEMY_DATABASE_URI=f"sqlite:///{database}", **values))  # type: ignore[arg-type]
    with app.app_context():
        upgrade()
    return app


def fill(app: Flask, size: Size) -> None:
    """Make the edition in two releases; in the second eight sessions have moved and three are called off."""
    with app.app_context():
        writer = Writer(Random(SEED))
        edition = _edition(writer, size)
        made = _sessions(writer, edition, size)
        services.publish(edition=edition, at=MADE_AT)
        _change(writer, edition, made)
        services.publish(edition=edition, at=MADE_AT + timedelta(days=7))
        db.session.commit()


def _edition(writer: Writer, size: Size) -> Edition:
    name = {"en": "Measured Forum 2031", "fr": "Forum mesuré 2031", "ar": "منتدى القياس 2031"}
    forum = edition_services.make_forum(slug="measured", name=TranslatedText.from_plain(name, "en"))
    edition = edition_services.make_edition(
        forum=forum,
        slug=SLUG,
        name=TranslatedText.from_plain(name, "en"),
        description=writer.translated("text", 50),
        starts_on=FIRST_DAY,
        ends_on=FIRST_DAY + timedelta(days=DAYS - 1),
        time_zone="Africa/Lusaka",
        languages=list(LANGUAGES),
        at=MADE_AT,
    )
    edition_services.set_venue(
        edition=edition,
        name=TranslatedText.of("en", en="Mulungushi Hall", fr="Salle Mulungushi", ar="قاعة مولونغوشي"),
        city=TranslatedText.of("en", en="Lusaka", fr="Lusaka", ar="لوساكا"),
        address="Great East Road",
        country="ZM",
    )
    for number, city in enumerate(WORDS["places"]["en"][: size.rooms]):
        place = writer.random.choice(WORDS["places"]["ar"])
        edition_services.add_room(
            edition=edition,
            code=f"r{number + 1}",
            name=TranslatedText.of(
                "en",
                en=f"{city} Room",
                fr=f"Salle {city}",
                ar=f"قاعة {place}",
            ),
            capacity=writer.random.randint(20, 400),
            mode=writer.random.choice(list(Mode)),
            interpretation_languages=["fr", "ar"] if number % 3 == 0 else [],
        )
    return edition


def _speakers(writer: Writer, edition: Edition, size: Size) -> list[Speaker]:
    made = []
    for number in range(size.speakers):
        language = writer.random.choice(LANGUAGES)
        made.append(
            services.add_speaker(
                edition=edition,
                code=writer.code("P", number),
                name=writer.name(),
                listed_at=MADE_AT,
                source=ListingSource.OWN_CONFIRMATION,
                affiliation=writer.organisation(),
                bio=TranslatedText.from_plain({language: writer.text(language, BIO_WORDS)}, language),
                stakeholder_group=writer.random.choice(list(StakeholderGroup)[:9]),
                country=writer.random.choice(COUNTRIES),
                languages=[language],
            )
        )
    return made


def _sessions(writer: Writer, edition: Edition, size: Size) -> list[ForumSession]:
    people = _speakers(writer, edition, size)
    tracks = [
        services.add_track(edition=edition, code=f"t{number}", name=_name(writer), colour=colour, position=number)
        for number, colour in enumerate(COLOURS, start=1)
    ]
    formats = [
        services.add_format(edition=edition, code=f"f{number}", name=_name(writer), position=number)
        for number in range(1, 7)
    ]
    made = []
    for number in range(size.sessions):
        language = writer.random.choice(LANGUAGES)
        room = edition.rooms[number % size.rooms]
        forum_session = services.make_session(
            edition=edition,
            code=writer.code("S", number),
            number=number + 1,
            title=writer.translated("title", original=language),
            abstract=writer.translated("text", ABSTRACT_WORDS, original=language),
            state=SessionState.CONFIRMED,
            language=language,
            interpretation_languages=[tag for tag in room.interpretation_languages if tag != language],
            track=writer.random.choice(tracks),
            format=writer.random.choice(formats),
        )
        _place(writer, edition, forum_session, room, number // size.rooms)
        cast = writer.random.sample(people, writer.random.randint(2, 4))
        roles = [SpeakerRole.MODERATOR, *[SpeakerRole.SPEAKER] * (len(cast) - 1)]
        services.cast(
            forum_session=forum_session, speakers=[(one, role, "") for one, role in zip(cast, roles, strict=True)]
        )
        made.append(forum_session)
    db.session.flush()
    return made


def _name(writer: Writer) -> TranslatedText:
    """The name of a theme or a format: two words."""
    texts = {tag: " ".join(writer.random.sample(WORDS["things"][tag], 2)).capitalize() for tag in LANGUAGES}
    return TranslatedText.from_plain(texts, "en")


def _place(writer: Writer, edition: Edition, forum_session: ForumSession, room: Room, turn: int) -> None:
    """The turn-th session of its room: most start on the hour, one in five a quarter or half an hour later."""
    day_on = edition.starts_on + timedelta(days=turn // STARTS_A_DAY)
    hour = time(9 + turn % STARTS_A_DAY, writer.random.choice((0,) * 8 + (15, 30)))
    starts_at = datetime.combine(day_on, hour, edition.zone).astimezone(UTC)
    minutes = writer.random.choice((20, 25, 30, 45, 50, 60))
    services.place(
        forum_session=forum_session,
        room=room,
        day_on=day_on,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
    )


def _change(writer: Writer, edition: Edition, made: Sequence[ForumSession]) -> None:
    *moved, first, second, third = writer.random.sample(made, 11)
    for forum_session in moved:
        _place(writer, edition, forum_session, edition.rooms[0], STARTS_A_DAY * DAYS - 1)
    for forum_session in (first, second, third):
        services.cancel(forum_session=forum_session)
    db.session.flush()
