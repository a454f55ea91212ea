"""What mailings hold about a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from forum.db import db
from forum.editions.models import Edition
from forum.holdings import Holder, Kind, Record, Subject
from forum.i18n import _l, _lp
from forum.mailings.models import Mailing, MailingState, MailRefusal

REFUSALS = Kind(
    name="refusals",
    title=_l("Whose mailings you do not want"),
    purpose=_l("So that you get none of them."),
    kept=_l("Until you want them again or have everything erased."),
    fields={"edition": _l("Forum"), "since": _l("Since")},
    tables=("mail_refusal",),
)
WRITTEN = Kind(
    name="written",
    title=_l("Mailings that you wrote"),
    purpose=_l("So that it can be seen who wrote to everybody."),
    kept=_l("As long as the forum keeps its records."),
    fields={
        "edition": _l("Forum"),
        "written_at": _l("Written"),
        "state": _l("State"),
        "sent_at": _l("Sent"),
    },
    tables=("mailing",),
    stays=_l("They belong to the forum. Who wrote them is a random number there, which leads to nobody then."),
)


def held_about(subject: Subject) -> Mapping[str, Sequence[Record]]:
    """Refusals, and the mailings that the person wrote."""
    refused = (
        select(Edition.slug, MailRefusal.refused_at)
        .join(Edition, Edition.id == MailRefusal.edition_id)
        .where(MailRefusal.person_id == subject.person_id)
        .order_by(MailRefusal.id)
    )
    wrote = select(Mailing).where(Mailing.written_by == subject.uid).options(joinedload(Mailing.edition))
    return {
        "refusals": [{"edition": slug, "since": at} for slug, at in db.session.execute(refused)],
        "written": [
            {
                "edition": one.edition.slug,
                "written_at": one.written_at,
                "state": one.state.value,
                "sent_at": one.sent_at,
            }
            for one in db.session.scalars(wrote.order_by(Mailing.id))
        ],
    }


def forget(subject: Subject, at: datetime) -> Mapping[str, int]:
    """Remove the refusals; who is gone gets no mailing anyhow."""
    gone = db.session.execute(delete(MailRefusal).where(MailRefusal.person_id == subject.person_id))
    return {"refusals": int(gone.rowcount)}  # type: ignore[attr-defined]


HOLDER = Holder(
    kinds=(REFUSALS, WRITTEN),
    held_about=held_about,
    forget=forget,
    words={
        MailingState.DRAFT.value: _lp("mailing", "draft"),
        "mailings.write": _l("a mailing was written"),
        "mailings.send": _l("a mailing was sent"),
    },
)
