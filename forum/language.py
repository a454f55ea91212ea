"""Which language a request is answered in: the first part of its path, else what the browser asks for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton, get_datetime_format, get_timezone_location
from babel.lists import format_list
from flask import Flask, abort, current_app, g, has_app_context, has_request_context, request, url_for
from flask_babel import Babel, force_locale
from markupsafe import Markup, escape

from forum.i18n import (
    LANGUAGES,
    Shown,
    TranslatedText,
    direction,
    language_name,
    locale_of,
    own_name,
    shown_of,
)


def preferred_language() -> str:
    """The interface language the browser likes best, pt for pt-BR too; English where it asks for none of ours."""
    wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality)
    return next((language for language in wanted if language in LANGUAGES), LANGUAGES[0])


WRITING = {"en": "en-GB", "pt": "pt-PT"}
"""Whose habits dates follow where a language has several: day before month, as Africa writes both."""


def writing_locale() -> Locale:
    """The locale by which dates, lists and countries are written on this page."""
    return locale_of(WRITING.get(page_language(), page_language()))


def page_language() -> str:
    """The language of the page, or of the letter, being made."""
    if not has_app_context():
        return LANGUAGES[0]
    if "language" not in g and not has_request_context():
        return LANGUAGES[0]
    if "language" not in g:
        first = request.path.split("/")[1]
        g.language = first if first in LANGUAGES else preferred_language()
    return str(g.language)


@contextmanager
def writing_to(language: str) -> Iterator[None]:
    """Words, dates and names in `language` until the block ends: a letter is in its recipient's, not its sender's."""
    before = page_language()
    g.language = language if language in LANGUAGES else LANGUAGES[0]
    try:
        with force_locale(g.language):
            yield
    finally:
        g.language = before


def public_url() -> str:
    """The address of the site, without a slash at its end."""
    config = current_app.config
    if config["PUBLIC_URL"] or not has_request_context():
        return str(config["PUBLIC_URL"] or f"http://{config['HOST']}:{config['PORT']}")
    return request.url_root.rstrip("/")


def absolute(path: str) -> str:
    """The full address of a path of this site."""
    return public_url() + path


def in_language(language: str) -> str:
    """The path of this very page, with its filters, in another language."""
    if request.endpoint is None or "lang" not in (request.view_args or {}):
        return url_for("pages.home", lang=language)
    path = url_for(request.endpoint, **{**(request.view_args or {}), "lang": language})
    return f"{path}?{urlencode(list(request.args.items(multi=True)))}" if request.args else path


def shown(text: TranslatedText | Mapping[str, str], original: str | None = None) -> Shown:
    """A translated text for the reader of this page."""
    language = page_language()
    return text.shown(language) if isinstance(text, TranslatedText) else shown_of(text, language, original)


def marked(text: TranslatedText | Mapping[str, str] | Shown, original: str | None = None) -> Markup:
    """The text as HTML; in a <span> with `lang` and `dir` where it is not in the language of the page."""
    words = text if isinstance(text, Shown) else shown(text, original)
    if words.language == page_language():
        return escape(words.text)
    return Markup('<span lang="{}" dir="{}">{}</span>').format(words.language, words.direction, words.text)


def day_text(day: date, pattern: str = "full") -> str:
    """A day as the reader writes it: `full`, `long`, or the parts of a CLDR skeleton such as `MMMEd`."""
    if pattern in ("full", "long"):
        return format_date(day, pattern, locale=writing_locale())
    return format_skeleton(pattern, day, locale=writing_locale())


def days_text(first: date, last: date) -> str:
    """A span of days, such as 12–14 May 2026."""
    if first == last:
        return day_text(first, "long")
    return format_interval(first, last, "yMMMMd", locale=writing_locale())


def moment_text(moment: datetime) -> str:
    """A moment with its day and clock, joined as the language does: 12 May 2026, 09:00."""
    joined = str(get_datetime_format("medium", locale=writing_locale()))
    return joined.replace("{1}", day_text(moment.date(), "long")).replace("{0}", f"{moment:%H:%M}")


def zone_text(zone: str, on: date) -> str:
    """A time zone by its city and what it is ahead of UTC on that day: Lusaka (UTC+2)."""
    noon = datetime.combine(on, time(12), ZoneInfo(zone))
    if zone == "UTC":
        return zone
    city = get_timezone_location(noon, locale=writing_locale(), return_city=True)
    minutes = int((noon.utcoffset() or timedelta()).total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    ahead = f"{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}" if minutes else ""
    return f"{city} (UTC{ahead})"


def listed(items: list[str]) -> str:
    """A list in words: Arabic, English, and French."""
    return format_list(items, locale=writing_locale())


def install(app: Flask, translations: Path) -> None:
    """Choose the language of every request and give templates what they need of it."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(translations)
    Babel(app, locale_selector=page_language)

    @app.url_value_preprocessor
    def _known_languages_alone(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and values.get("lang", "en") not in LANGUAGES:
            g.language = preferred_language()
            abort(404)

    @app.url_defaults
    def _same_language(endpoint: str, values: dict[str, Any]) -> None:
        if app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values.setdefault("lang", page_language())

    given: dict[str, Callable[..., Any] | tuple[str, ...]] = {
        "LANGUAGES": LANGUAGES,
        "absolute": absolute,
        "day_text": day_text,
        "days_text": days_text,
        "direction": direction,
        "in_language": in_language,
        "language_name": lambda tag: language_name(tag, page_language()),
        "listed": listed,
        "marked": marked,
        "moment_text": moment_text,
        "names_of": lambda tags: [language_name(tag, page_language()) for tag in tags],
        "country_name": lambda code: writing_locale().territories.get(code, code),
        "own_name": own_name,
        "page_language": page_language,
        "shown": shown,
        "zone_text": zone_text,
    }
    app.jinja_env.globals.update(given)
