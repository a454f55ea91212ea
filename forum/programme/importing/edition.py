"""The edition that a file is brought into."""

import re
from collections import Counter
from datetime import datetime

from forum.editions import queries, rules, services
from forum.editions.models import Edition
from forum.errors import ForumError
from forum.i18n import TranslatedText, _l, known_language
from forum.programme.parsed import ParsedSchedule

_MOST_LANGUAGES = 20


class NoTimeZone(ForumError):
    sentence = _l("The file does not say in which time zone its times are; name it with --time-zone.")


class NoSuchEdition(ForumError):
    sentence = _l("There is no edition “%(slug)s”; add --create to make it from the file.")


class EditionIsThere(ForumError):
    sentence = _l(
        "The edition “%(slug)s” exists with its own time zone and language; leave --time-zone and --language out."
    )


class LanguageNotKnown(ForumError):
    sentence = _l("“%(language)s” is not a language tag such as en or pt-BR.")


def edition_for(
    *,
    schedule: ParsedSchedule,
    slug: str,
    create: bool,
    time_zone: str | None,
    language: str | None,
    at: datetime,
) -> Edition:
    """The edition with this slug, with whatever days the file adds; made from the file if `create` allows it.

    Raises EditionIsThere, NoSuchEdition, NoTimeZone, LanguageNotKnown, UnknownTimeZone, SlugRefused.
    """
    main = _main_language(language)
    found = queries.edition_by_slug(slug)
    days = [event.day_on for event in schedule.events]
    if found is not None:
        if time_zone not in (None, found.time_zone) or main not in (None, found.main_language):
            raise EditionIsThere(slug=slug)
        services.widen(edition=found, starts_on=min(days), ends_on=max(days))
        return found
    if not create:
        raise NoSuchEdition(slug=slug)
    zone = time_zone or schedule.time_zone
    if not zone:
        raise NoTimeZone
    languages = _languages(schedule, main)
    title = schedule.title or slug
    forum_title = re.sub(r"\s*\b\d{4}$", "", title) or title
    edition = services.make_edition(
        forum=services.make_forum(
            slug=_forum_slug(slug), name=TranslatedText.of(languages[0], **{languages[0]: forum_title})
        ),
        slug=slug,
        name=TranslatedText.of(languages[0], **{languages[0]: title}),
        starts_on=min(days),
        ends_on=max(days),
        time_zone=zone,
        languages=languages,
        at=at,
    )
    if schedule.venue or schedule.city:
        services.set_venue(
            edition=edition,
            name=TranslatedText.of(languages[0], **{languages[0]: schedule.venue}),
            city=TranslatedText.of(languages[0], **{languages[0]: schedule.city}),
        )
    return edition


def _forum_slug(slug: str) -> str:
    """The slug of the forum that the edition `slug` is one of: without its year."""
    series = re.sub(r"-?\d{4}$", "", slug)
    return series if rules.can_be_slug(series) else slug


def _main_language(given: str | None) -> str | None:
    language = known_language(given) if given else None
    if given and language is None:
        raise LanguageNotKnown(language=given)
    return language


def _languages(schedule: ParsedSchedule, main: str | None) -> list[str]:
    spoken = Counter(known_language(event.language) for event in schedule.events if event.language)
    found = [language for language, _ in spoken.most_common(_MOST_LANGUAGES) if language]
    first = main or (found[0] if found else "en")
    return [first, *(language for language in found if language != first)]
