"""What the audit log holds about a person: a random number, and what it did."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select

from forum.audit.models import AuditEntry
from forum.db import db
from forum.holdings import Holder, Kind, Record, Subject
from forum.i18n import _l, _lp

ENTRIES = Kind(
    name="audit",
    title=_l("Entries of the audit log"),
    purpose=_l("So that it can be found out afterwards who did what, also when somebody abused a role."),
    kept=_l("As long as the log. Entries cannot be changed or removed, and hold neither names nor addresses."),
    fields={
        "at": _l("When"),
        "action": _l("What"),
        "by_you": _l("By you"),
        "role": _l("In the role"),
    },
    tables=("audit_entry",),
    stays=_l("A log that forgets proves nothing. It holds no name: a random number, which leads to nobody then."),
)


def held_about(subject: Subject) -> Mapping[str, Sequence[Record]]:
    """Entries of what the person did and of what was done to their account or roles, the newest first."""
    about = and_(AuditEntry.record_type == "person", AuditEntry.record == str(subject.uid))
    query = select(AuditEntry).where(or_(AuditEntry.actor == subject.uid, about)).order_by(AuditEntry.id.desc())
    return {
        "audit": [
            {"at": one.at, "action": one.action, "by_you": one.actor == subject.uid, "role": one.role}
            for one in db.session.scalars(query)
        ]
    }


def forget(subject: Subject, at: datetime) -> Mapping[str, int]:
    """Nothing goes: see why `ENTRIES` stay."""
    return {}


HOLDER = Holder(
    kinds=(ENTRIES,),
    held_about=held_about,
    forget=forget,
    words={
        "self": _lp("audit role", "for yourself"),
        "command": _lp("audit role", "a command on the server"),
        "system": _lp("audit role", "by itself"),
        "audit.export": _l("the audit log was downloaded"),
    },
)
