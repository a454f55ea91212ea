"""Makes the demo edition out of its texts and its plan, by the services that organisers use too."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from forum.demo.personas import make_personas
from forum.editions import services as edition_services
from forum.editions.models import Edition, Mode, Room
from forum.i18n import TranslatedText
from forum.organisations.models import StakeholderGroup
from forum.programme import services
from forum.programme.codes import new_code
from forum.programme.models import Format, ForumSession, ListingSource, SessionState, Speaker, SpeakerRole, Track

HERE = Path(__file__).parent
LANGUAGES = ["en", "fr", "pt", "es", "ar", "sw"]
TIME_ZONE = "Africa/Lusaka"
FIRST_RELEASE_BEFORE = timedelta(days=5)
SECOND_RELEASE_BEFORE = timedelta(hours=6)
Content = Mapping[str, Any]


def make_demo(*, at: datetime, step: Callable[[], None]) -> Edition:
    """The demo edition with its two releases. Its second day is today, by `at` in Lusaka.

    `step` is called once for every session made. Raises SlugTaken where the demo is there already.
    """
    frame, plan = _read("content/frame.json"), _read("plan.json")
    published_at = at - FIRST_RELEASE_BEFORE
    edition = _make_edition(frame, at=at, made_at=published_at)
    rooms = {room["key"]: _make_room(edition, room) for room in frame["rooms"]}
    people = _make_speakers(edition, unlisted=plan["unlisted"], listed_at=published_at)
    made = _make_sessions(edition, frame, plan["slots"], rooms, people, step)
    services.publish(edition=edition, at=published_at, note=_text(frame["release_notes"]["1"]))

    moved = plan["moved"]
    _place(made[moved["session"]], moved, edition, rooms)
    services.cancel(forum_session=made[plan["cancelled"]])
    services.publish(edition=edition, at=at - SECOND_RELEASE_BEFORE, note=_text(frame["release_notes"]["2"]))
    make_personas(edition=edition, at=published_at)
    return edition


def _read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def _text(texts: Mapping[str, str], *written_in: str) -> TranslatedText:
    """`texts`, of which the original is the first of `written_in` that is there; else the English."""
    return TranslatedText.from_plain(texts, next((tag for tag in written_in if tag in texts), "en"))


def _make_edition(frame: Content, *, at: datetime, made_at: datetime) -> Edition:
    today = at.astimezone(edition_services.zone_named(TIME_ZONE)).date()
    starts_on, ends_on = today - timedelta(days=1), today + timedelta(days=1)
    series, about, venue = frame["forum"], frame["edition"], frame["edition"]["venue"]
    edition = edition_services.make_edition(
        forum=edition_services.make_forum(
            slug="umoja", name=_text(series["name"]), description=_text(series["description"])
        ),
        slug=f"umoja-{starts_on.year}",
        name=_text({tag: name.format(year=starts_on.year) for tag, name in about["name"].items()}),
        description=_text(about["description"]),
        starts_on=starts_on,
        ends_on=ends_on,
        time_zone=TIME_ZONE,
        languages=LANGUAGES,
        is_demo=True,
        at=made_at,
    )
    edition_services.set_venue(
        edition=edition,
        name=_text(venue["name"]),
        city=_text(venue["city"]),
        address=venue["address"],
        country=venue["country"],
    )
    return edition


def _make_room(edition: Edition, room: Content) -> Room:
    mode = Mode(room["mode"])
    return edition_services.add_room(
        edition=edition,
        code=room["key"],
        name=_text(room["name"]),
        mode=mode,
        capacity=room["capacity"],
        interpretation_languages=room["interpretation"],
        online_url="" if mode is Mode.IN_PERSON else f"https://example.org/umoja/{room['key']}",
    )


def _make_speakers(edition: Edition, *, unlisted: list[str], listed_at: datetime) -> dict[str, Speaker]:
    """Everyone by their key. Those in `unlisted` have not confirmed, to show that such people stay hidden."""
    made: dict[str, Speaker] = {}
    codes: set[str] = set()
    for person in _read("content/speakers.json"):
        codes.add(code := new_code(codes))
        listed = person["key"] not in unlisted
        made[person["key"]] = services.add_speaker(
            edition=edition,
            code=code,
            name=person["name"],
            listed_at=listed_at if listed else None,
            source=ListingSource.OWN_CONFIRMATION if listed else None,
            affiliation=person["affiliation"],
            bio=_text(person["bio"], *person["languages"]),
            stakeholder_group=StakeholderGroup(person["group"]),
            country=person["country"],
            languages=person["languages"],
        )
    return made


def _make_tracks(edition: Edition, tracks: list[Content]) -> dict[str, Track]:
    return {
        track["key"]: services.add_track(
            edition=edition, code=track["key"], name=_text(track["name"]), colour=track["colour"], position=position
        )
        for position, track in enumerate(tracks, start=1)
    }


def _make_formats(edition: Edition, formats: list[Content]) -> dict[str, Format]:
    return {
        kind["key"]: services.add_format(edition=edition, code=kind["key"], name=_text(kind["name"]), position=position)
        for position, kind in enumerate(formats, start=1)
    }


def _make_sessions(
    edition: Edition,
    frame: Content,
    slots: list[Content],
    rooms: Mapping[str, Room],
    people: Mapping[str, Speaker],
    step: Callable[[], None],
) -> dict[str, ForumSession]:
    """Every session by its key, numbered in the order of the plan, with its time, room and people."""
    tracks, formats = _make_tracks(edition, frame["tracks"]), _make_formats(edition, frame["formats"])
    contents = {one["key"]: one for part in range(1, 5) for one in _read(f"content/sessions_{part}.json")}
    made: dict[str, ForumSession] = {}
    codes: set[str] = set()
    for number, slot in enumerate(slots, start=1):
        content = contents[slot["session"]]
        codes.add(code := new_code(codes))
        written_in = [content["language"]] if content["language"] else []
        forum_session = made[content["key"]] = services.make_session(
            edition=edition,
            code=code,
            number=number,
            title=_text(content["title"], *written_in),
            abstract=_text(content["abstract"], *written_in),
            state=SessionState(slot.get("state", "confirmed")),
            language=content["language"],
            interpretation_languages=content["interpretation"],
            track=tracks.get(content["track"]),
            format=formats[content["format"]],
        )
        _place(forum_session, {**content, **slot}, edition, rooms)
        parts = [(people[key], SpeakerRole(role), "") for role, keys in slot["people"].items() for key in keys]
        services.cast(forum_session=forum_session, speakers=parts)
        step()
    return made


def _place(forum_session: ForumSession, slot: Content, edition: Edition, rooms: Mapping[str, Room]) -> None:
    """Put the session where `slot` says; `start` is Lusaka's clock on that day of the edition."""
    day_on = edition.starts_on + timedelta(days=slot["day"] - 1)
    starts_at = datetime.combine(day_on, time.fromisoformat(slot["start"]), edition.zone).astimezone(UTC)
    services.place(
        forum_session=forum_session,
        room=rooms[slot["room"]],
        day_on=day_on,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=slot["minutes"]),
    )
