"""Reads of mailings, of the people they are for, and of how far their delivery has come."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import LazyString
from sqlalchemy import ColumnElement, Select, exists, func, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Address, Person
from forum.db import db
from forum.editions.models import Edition
from forum.i18n import _l
from forum.mail.models import MailState, OutboxMail
from forum.mailings import rules
from forum.mailings.models import Mailing, MailingState, MailRefusal
from forum.mailings.rules import Audience, audience_of
from forum.roles.models import RoleGrant


@dataclass(frozen=True)
class Source:
    """A kind of people that an edition can write to."""

    name: str
    """As a mailing keeps it."""
    words: LazyString
    because: LazyString
    """Why they get mailings, for the small print; names %(edition)s."""
    people: Callable[[Edition, Audience], Select[int]]
    """Ids of them, some more than once."""


def _role_holders(edition: Edition, wanted: Audience) -> Select[int]:
    held = select(RoleGrant.person_id).where(RoleGrant.edition_id == edition.id)
    return held.where(RoleGrant.role.in_(wanted.roles)) if wanted.roles else held


SOURCES: tuple[Source, ...] = (
    Source(
        "roles",
        _l("People with a role"),
        _l("You get this because you have a role in %(edition)s."),
        _role_holders,
    ),
)
"""Who can be written to. An area that knows further people adds one entry."""


@dataclass(frozen=True)
class Reach:
    """How many people a mailing would go to now, and how many it leaves out."""

    by_language: Mapping[str, int]
    """People it goes to, by their language, the most first."""
    without_address: int
    """Of all who fit: those without an address."""
    refused: int
    """Of all who fit and have an address: those who want no mailings. None are left out of a service message."""

    @property
    def people(self) -> int:
        """How many it goes to."""
        return sum(self.by_language.values())

    @property
    def left_out(self) -> int:
        return self.without_address + self.refused


@dataclass(frozen=True)
class Progress:
    """How many messages of a mailing were sent, failed for good, are still to be sent, or are not to be any more."""

    sent: int = 0
    failed: int = 0
    waiting: int = 0
    cancelled: int = 0


def sources_of(wanted: Audience) -> list[Source]:
    """The kinds of people that are wanted."""
    return [source for source in SOURCES if not wanted.sources or source.name in wanted.sources]


def _fits(edition: Edition, wanted: Audience) -> ColumnElement[bool]:
    """Whether a person is one of those wanted, reachable or not."""
    among = or_(*(Person.id.in_(source.people(edition, wanted)) for source in sources_of(wanted)))
    return among & Person.language.in_(wanted.languages) if wanted.languages else among


def _has_address() -> ColumnElement[bool]:
    return exists().where(Address.person_id == Person.id, Address.is_primary)


def _refuses(edition_id: int) -> ColumnElement[bool]:
    return exists().where(MailRefusal.person_id == Person.id, MailRefusal.edition_id == edition_id)


def reach(mailing: Mailing) -> Reach:
    """Whom a mailing would go to if it were sent now, in numbers."""
    edition = mailing.edition
    fitting = (
        select(
            Person.language,
            _has_address().label("has_address"),
            _refuses(edition.id).label("refuses"),
        )
        .where(_fits(edition, audience_of(mailing)))
        .subquery()
    )
    by_language: dict[str, int] = {}
    without_address = refused = 0
    groups = (fitting.c.language, fitting.c.has_address, fitting.c.refuses)
    counted = select(*groups, func.count()).group_by(*groups).order_by(func.count().desc(), *groups)
    for language, has_address, refuses, people in db.session.execute(counted):
        if not has_address:
            without_address += people
        elif refuses and not mailing.is_service:
            refused += people
        else:
            by_language[language] = by_language.get(language, 0) + people
    return Reach(by_language, without_address, refused)


def recipients(mailing: Mailing) -> Sequence[tuple[int, str]]:
    """The id and language of everybody a mailing goes to now, kept from being erased until commit."""
    query = select(Person.id, Person.language).where(_fits(mailing.edition, audience_of(mailing)), _has_address())
    if not mailing.is_service:
        query = query.where(~_refuses(mailing.edition_id))
    query = query.order_by(Person.id).with_for_update(read=True, key_share=True, of=Person)
    return [(person_id, language) for person_id, language in db.session.execute(query)]


def reason_for(mailing: Mailing, person: Person) -> LazyString:
    """Why `person` gets a mailing, with a place for the edition's name."""
    sources = sources_of(audience_of(mailing))
    if len(sources) == 1:
        return sources[0].because
    for source in sources:
        people = source.people(mailing.edition, audience_of(mailing)).subquery()
        if db.session.scalar(select(exists().where(people.c[0] == person.id))):
            return source.because
    return sources[0].because


def mailings_in(edition: Edition) -> Sequence[Mailing]:
    """Every mailing of an edition: the drafts, then what was sent, each the latest first."""
    query = select(Mailing).where(Mailing.edition_id == edition.id)
    return db.session.scalars(
        query.order_by(
            (Mailing.state == MailingState.DRAFT).desc(),
            func.coalesce(Mailing.sent_at, Mailing.written_at).desc(),
            Mailing.id.desc(),
        )
    ).all()


def progress_of(mailings: Sequence[Mailing]) -> Mapping[int, Progress]:
    """How far each of these mailings has come, by its id."""
    counted = (
        select(OutboxMail.mailing_id, OutboxMail.state, func.count())
        .where(OutboxMail.mailing_id.in_([mailing.id for mailing in mailings]))
        .group_by(OutboxMail.mailing_id, OutboxMail.state)
    )
    found: dict[int | None, dict[MailState, int]] = {mailing.id: {} for mailing in mailings}
    for mailing_id, state, messages in db.session.execute(counted):
        found[mailing_id][state] = messages
    return {mailing.id: _progress(found[mailing.id]) for mailing in mailings}


def _progress(states: Mapping[MailState, int]) -> Progress:
    return Progress(
        sent=states.get(MailState.SENT, 0),
        failed=states.get(MailState.FAILED, 0),
        waiting=states.get(MailState.QUEUED, 0) + states.get(MailState.SENDING, 0),
        cancelled=states.get(MailState.CANCELLED, 0),
    )


def mailing_by_code(edition: Edition, code: str) -> Mailing | None:
    """A mailing of this edition by its public id, or None."""
    if not rules.can_be_code(code):
        return None
    query = select(Mailing).where(Mailing.edition_id == edition.id, Mailing.code == code)
    return db.session.scalars(query.options(joinedload(Mailing.edition))).one_or_none()


def mailing_by_id(mailing_id: int) -> Mailing:
    """The mailing that a row of the outbox is part of."""
    query = select(Mailing).where(Mailing.id == mailing_id).options(joinedload(Mailing.edition))
    return db.session.scalars(query).one()


def edition_by_guid(guid: uuid.UUID) -> Edition | None:
    """The edition of this unique id, or None."""
    return db.session.scalars(select(Edition).where(Edition.guid == guid)).one_or_none()


def has_refused(person: Person, edition: Edition) -> bool:
    """Whether a person wants no mailings of an edition."""
    refusal = exists().where(MailRefusal.person_id == person.id, MailRefusal.edition_id == edition.id)
    return bool(db.session.scalar(select(refusal)))
