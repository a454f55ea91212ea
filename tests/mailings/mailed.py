"""What the tests of mailings make and look up."""

from typing import Any

from sqlalchemy import select

from forum.accounts.models import Person
from forum.audit.models import AuditEntry
from forum.audit.services import COMMAND
from forum.db import db
from forum.editions.models import Edition
from forum.i18n import TranslatedText
from forum.mail.models import OutboxMail
from forum.mailings import queries, services
from forum.mailings.models import Mailing
from forum.mailings.rules import Audience
from forum.roles.models import Role
from tests import make


def a_mailing(edition: Edition, *, subject: Any = "Doors open", body: Any = "At *nine*.", **given: Any) -> Mailing:
    """A draft to everybody, in English unless texts by language are given; the first is the original."""
    wanted: dict[str, Any] = {"audience": Audience(), "is_service": False, "by": COMMAND, "at": make.NOON, **given}
    return services.write(edition=edition, subject=words(subject), body=words(body), **wanted)


def words(given: Any) -> TranslatedText:
    texts = given if isinstance(given, dict) else {"en": given}
    return TranslatedText.from_plain(texts, next(iter(texts), "en"))


def a_reader(edition: Edition, role: Role = Role.FUNDER, **given: Any) -> Person:
    """Somebody whom mailings of the edition go to."""
    person = make.a_person(**given)
    make.a_grant(role, edition, person=person)
    return person


def sent(mailing: Mailing) -> Mailing:
    """The same mailing, sent to all whom it is for."""
    services.send(
        mailing=mailing,
        people=queries.reach(mailing).people,
        written_at=mailing.written_at,
        by=COMMAND,
        at=make.NOON,
    )
    return mailing


def outbox() -> list[OutboxMail]:
    return list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.person_id)))


def row_for(person: Person) -> OutboxMail:
    return db.session.scalars(select(OutboxMail).where(OutboxMail.person_id == person.id)).one()


def entries(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))
