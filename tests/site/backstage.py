"""The pages behind the sign-in: every kind by name, where each is, and who looks at it; and what makes them full."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

from sqlalchemy import select

from forum.accounts import services as accounts
from forum.accounts.models import Person
from forum.audit.services import Actor
from forum.db import db, utcnow
from forum.demo.personas import ATTENDEE
from forum.editions.models import Edition
from forum.i18n import TranslatedText
from forum.mail.letter import Letter
from forum.mail.models import MailState, OutboxMail
from forum.mail.services import post
from forum.mailings import queries as mailings
from forum.mailings import services as mailing_services
from forum.mailings.links import unsubscribe_token
from forum.mailings.models import Mailing
from forum.mailings.rules import Audience
from forum.roles.models import Role
from tests import make
from tests.site.mailbox import inside
from tests.site.server import Site, jukwaa

NOBODY = ""
"""Who is not signed in."""
ORGANISER, ADMINISTRATOR = Role.ORGANISER.value, Role.ADMINISTRATOR.value
BACKSTAGE: Mapping[str, tuple[str, str]] = {
    "sign-in": (NOBODY, "sign-in"),
    "code": (NOBODY, "sign-in/code"),
    "link": (NOBODY, "sign-in/link/nothing"),
    "invitation": (NOBODY, "invitations/{invitation}"),
    "unsubscribe": (NOBODY, "unsubscribe/{unsubscribe}"),
    "unsubscribed": (NOBODY, "unsubscribe/{unsubscribed}"),
    "own": (ATTENDEE, "account/"),
    "own-invitation": (ATTENDEE, "invitations/{own_invitation}"),
    "profile": (ATTENDEE, "account/profile"),
    "addresses": (ATTENDEE, "account/addresses/"),
    "address-code": (ATTENDEE, "account/addresses/code"),
    "address-link": (ATTENDEE, "account/addresses/link/nothing"),
    "sign-ins": (ATTENDEE, "account/sign-ins"),
    "factors": (ATTENDEE, "account/factors"),
    "passkey": (ATTENDEE, "account/factors/passkeys/new"),
    "authenticator": (ATTENDEE, "account/factors/authenticator"),
    "second": (ATTENDEE, "sign-in/second"),
    "data": (ATTENDEE, "account/data"),
    "erase": (ATTENDEE, "account/erase"),
    "organiser": (ORGANISER, "account/"),
    "workshop": (ORGANISER, "{slug}/manage/"),
    "people": (ORGANISER, "{slug}/manage/people/"),
    "mailings": (ORGANISER, "{slug}/manage/mailings/"),
    "new-mailing": (ORGANISER, "{slug}/manage/mailings/new"),
    "draft": (ORGANISER, "{slug}/manage/mailings/{draft}"),
    "preview": (ORGANISER, "{slug}/manage/mailings/{draft}/preview"),
    "unfinished": (ORGANISER, "{slug}/manage/mailings/{unfinished}/preview"),
    "delete": (ORGANISER, "{slug}/manage/mailings/{draft}/delete"),
    "sent": (ORGANISER, "{slug}/manage/mailings/{sent}"),
    "outbox": (ORGANISER, "{slug}/manage/outbox"),
    "outbox-nothing": (ORGANISER, "{slug}/manage/outbox?state=sending"),
    "message": (ORGANISER, "{slug}/manage/outbox/{message}"),
    "failed": (ORGANISER, "{slug}/manage/outbox/{failed}"),
    "audit": (ORGANISER, "{slug}/manage/audit"),
    "audit-filtered": (ORGANISER, "{slug}/manage/audit?area=mailings&since=2020-01-01&until=1999-12-31"),
    "audit-nothing": (ORGANISER, "{slug}/manage/audit?until=2020-01-01"),
    "export": (ORGANISER, "{slug}/manage/audit/export"),
    "administration": (ADMINISTRATOR, "admin/"),
    "site-audit": (ADMINISTRATOR, "admin/audit"),
    "folder": (ADMINISTRATOR, "admin/mail/"),
    "letter": (ADMINISTRATOR, "admin/mail/{letter}"),
}
"""By name: whose page it is, and its path after the language."""
WORDS = {
    "en": ("The programme is out", "All 80 sessions have a time and a room.\n\n- [The agenda](https://example.org/a)"),
    "fr": (
        "Le programme est public",
        "Les 80 séances ont une heure et une salle.\n\n- [L’agenda](https://example.org/a)",
    ),
    "ar": ("صدر البرنامج", "لكل جلسة من الجلسات الثمانين موعد وقاعة.\n\n- [جدول الأعمال](https://example.org/a)"),
}
LONG_ARABIC_NAME = "عبد الرحمن بن محمد بن عبد العزيز آل الشيخ الأنصاري الخزرجي"


@dataclass(frozen=True)
class Backstage:
    """A running site with the demo edition, and something on each page of those who work on it."""

    site: Site
    codes: Mapping[str, str]

    def path(self, page: str, lang: str) -> str:
        """The path of a kind of page in a language."""
        return f"/{lang}/" + BACKSTAGE[page][1].format(**self.codes)

    def url(self, page: str, lang: str) -> str:
        return self.site.address + self.path(page, lang)

    def reader(self, who: str) -> OpenerDirector:
        """What fetches pages as one of the demo's people, or as nobody."""
        opener = build_opener(HTTPCookieProcessor())
        if who != NOBODY:
            sign_in = f"{self.site.address}/en/sign-in"
            press(opener, sign_in, to=f"{sign_in}/persona", persona=who)
        return opener


def press(opener: OpenerDirector, url: str, *, to: str = "", **fields: str) -> bytes:
    """The answer to a form of the page at `url`, which it sends to itself unless `to` says where."""
    page = opener.open(url).read().decode()
    hidden = re.findall(r'name="(csrf_token|opened)"[^>]* value="([^"]+)"', page)
    with opener.open(to or url, urlencode({**dict(hidden), **fields}).encode()) as answer:
        return bytes(answer.read())


def furnished(site: Site) -> Backstage:
    """The backstage of a site that has the demo edition, once there is something on every page of it."""
    with inside(site):
        edition = _edition()
        _fill_attendee()
        codes = {"slug": edition.slug, **_make_mailings(edition), **_make_links(edition)}
    jukwaa(site.settings, "worker", "--once")  # The folder of mail gets its letters.
    with inside(site):
        edition = _edition()
        codes |= {"letter": _newest().uid, "message": _newest().uid, **_make_mail(edition)}
        codes |= {"own_invitation": _invite(edition, f"{ATTENDEE}@example.org", Role.REVIEWER)}
        codes |= {"invitation": _invite(edition, "new@example.org", Role.TRANSLATOR, language="pt")}
        _invite(edition, "late@example.org", Role.DESK, at=utcnow() - timedelta(days=30))
    return Backstage(site, {name: str(code) for name, code in codes.items()})


def _edition() -> Edition:
    return db.session.scalars(select(Edition)).one()


def _persona(name: str) -> Person:
    return db.session.scalars(select(Person).where(Person.persona == name)).one()


def _organiser() -> Actor:
    return Actor(_persona(ORGANISER).uid, ORGANISER)


def _newest() -> OutboxMail:
    return db.session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc()).limit(1)).one()


def _fill_attendee() -> None:
    """Two addresses, of which one refuses mail, and a second sign-in."""
    attendee = _persona(ATTENDEE)
    second = accounts.add_address(person=attendee, email="neema.wanjiru.at.home@mail.example.org", at=utcnow())
    second.refused_at, second.refusal = utcnow(), "552 5.2.2"
    make.a_sign_in(attendee)


def _make_mailings(edition: Edition) -> dict[str, object]:
    """A finished draft, one that lacks a text, and one that was sent."""
    subject, body = (TranslatedText.from_plain({tag: text[n] for tag, text in WORDS.items()}, "en") for n in (0, 1))
    missing = TranslatedText.from_plain({"en": body.plain()["en"]}, "en")
    draft = _write(edition, subject, body, Audience(languages=("fr", "ar", "sw")))
    unfinished = _write(edition, subject, missing, Audience())
    sent = _write(edition, subject, body, Audience(roles=(Role.REVIEWER, Role.ORGANISER)))
    people = len(mailings.recipients(sent))
    mailing_services.send(mailing=sent, people=people, written_at=sent.written_at, by=_organiser(), at=utcnow())
    return {"draft": draft.code, "unfinished": unfinished.code, "sent": sent.code}


def _write(edition: Edition, subject: TranslatedText, body: TranslatedText, audience: Audience) -> Mailing:
    return mailing_services.write(
        edition=edition,
        subject=subject,
        body=body,
        audience=audience,
        is_service=False,
        by=_organiser(),
        at=utcnow(),
    )


def _make_links(edition: Edition) -> dict[str, object]:
    """The links that end mailings, of somebody who still gets them and of somebody with a long name who does not."""
    refuser = make.a_person(name=LONG_ARABIC_NAME, language="ar")
    make.a_grant(Role.ASSESSOR, edition, person=refuser)
    mailing_services.refuse(person=refuser, edition=edition, at=utcnow())
    return {
        "unsubscribe": unsubscribe_token(_persona(ATTENDEE), edition),
        "unsubscribed": unsubscribe_token(refuser, edition),
    }


def _make_mail(edition: Edition) -> dict[str, object]:
    """A message that failed for good, and one that waits for its next attempt."""
    for state, reply, at in (
        (MailState.QUEUED, "timed out", utcnow() + timedelta(hours=1)),
        (MailState.FAILED, "550 5.1.1", utcnow()),
    ):
        letter = Letter(to="huda@example.org", subject="The audit log was taken out", paragraphs=("Hello,", "It was."))
        mail = post(letter=letter, kind="audit.export", language="en", edition_id=edition.id, at=utcnow())
        mail.state, mail.attempts, mail.last_reply, mail.next_try_at = state, 2, reply, at
    return {"failed": mail.uid}


def _invite(edition: Edition, email: str, role: Role, **given: Any) -> str:
    """Invite somebody; the token of the link."""
    make.an_invitation(edition, email=email, role=role, **given)
    letter = Letter.from_json(_newest().letter or "")
    return letter.paragraphs[0]
