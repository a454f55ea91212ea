"""How often something may be done: counted in our own table, so the same for every process and without IP addresses.

Each limit counts in windows that begin at fixed moments. What is counted is kept as a keyed digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import LargeBinary, UniqueConstraint, delete
from sqlalchemy.orm import Mapped, mapped_column

from forum.db import Base, db, insert_into
from forum.errors import ForumError
from forum.i18n import _l
from forum.keys import digest


class Counted(StrEnum):
    """What is counted, and for whom."""

    LINK_BY_ADDRESS = "link_by_address"
    """Sign-in mails to one address."""
    LINK_EVERYWHERE = "link_everywhere"
    """Sign-in mails of the whole site."""
    SAME_FORM = "same_form"
    """How often one opened form may be sent: each further mail costs the patience of opening another."""
    CODE_BY_ADDRESS = "code_by_address"
    """Codes tried for one address, over all requests for it."""
    SECOND_FACTOR_BY_PERSON = "second_factor_by_person"
    """Codes of an authenticator, and recovery codes, tried by one account."""
    SECOND_FACTOR_BY_DAY = "second_factor_by_day"
    """The same, over a whole day: guessing goes on for longer than a quarter of an hour."""
    INVITATIONS_BY_EDITION = "invitations_by_edition"
    """Invitations sent for one edition."""
    ADDRESSES_BY_PERSON = "addresses_by_person"
    """Addresses that one account asked to add."""
    EXPORTS_BY_PERSON = "exports_by_person"
    """Downloads of one's own data, and of lists."""


@dataclass(frozen=True)
class Limit:
    """At most `times` within each window."""

    times: int
    window: timedelta


LIMITS: Mapping[Counted, Limit] = {
    Counted.LINK_BY_ADDRESS: Limit(5, timedelta(hours=1)),
    Counted.LINK_EVERYWHERE: Limit(2_000, timedelta(hours=1)),
    Counted.SAME_FORM: Limit(3, timedelta(days=1)),
    Counted.CODE_BY_ADDRESS: Limit(20, timedelta(days=1)),
    Counted.SECOND_FACTOR_BY_PERSON: Limit(10, timedelta(minutes=15)),
    Counted.SECOND_FACTOR_BY_DAY: Limit(40, timedelta(days=1)),
    Counted.INVITATIONS_BY_EDITION: Limit(200, timedelta(days=1)),
    Counted.ADDRESSES_BY_PERSON: Limit(5, timedelta(hours=1)),
    Counted.EXPORTS_BY_PERSON: Limit(20, timedelta(hours=1)),
}


class TooOften(ForumError):
    sentence = _l("That was tried too often. Try again in %(minutes)s min; nothing was lost.")


class LimitCount(Base):
    """How often something was done in one window."""

    __tablename__ = "limit_count"
    __table_args__ = (UniqueConstraint("subject", "window_at"),)

    subject: Mapped[bytes] = mapped_column(LargeBinary)
    """Keyed digest of what is counted and for whom."""
    window_at: Mapped[datetime]
    """When the window began."""
    ends_at: Mapped[datetime]
    times: Mapped[int]


def spend(what: Counted, subject: object = "", *, at: datetime) -> int:
    """Count one more of `what` for `subject`; how many of this window are left.

    Raises TooOften where there were none left. It stays counted only if the caller commits, so views commit
    before they go on: what was tried counts, whatever becomes of it.
    """
    limit = LIMITS[what]
    window_at = _window(limit.window, at)
    row = {
        "subject": digest("limit", f"{what.value}|{subject}"),
        "window_at": window_at,
        "ends_at": window_at + limit.window,
        "times": 1,
    }
    counted = insert_into(LimitCount).values(**row)
    times: int | None = db.session.scalar(
        counted.on_conflict_do_update(
            index_elements=["subject", "window_at"], set_={"times": LimitCount.times + 1}
        ).returning(LimitCount.times)
    )
    assert times is not None
    if times > limit.times:
        left = row["ends_at"] - at  # type: ignore[operator]
        raise TooOften(minutes=max(1, -(-int(left.total_seconds()) // 60)))
    return limit.times - times


def _window(length: timedelta, at: datetime) -> datetime:
    """When the window around `at` began."""
    seconds = int(length.total_seconds())
    return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)


def forget_past(*, at: datetime) -> None:
    """Remove what was counted in windows that are over."""
    db.session.execute(delete(LimitCount).where(LimitCount.ends_at < at))
