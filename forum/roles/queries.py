"""Reads of roles and invitations."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from forum.accounts.models import Address, Person
from forum.db import db
from forum.editions.models import Edition
from forum.keys import digest
from forum.roles.models import Invitation, Role, RoleGrant


def grants_of(person: Person, edition: Edition | None = None) -> Sequence[RoleGrant]:
    """What a person holds in `edition` and over the site; everything where no edition is named."""
    query = select(RoleGrant).where(RoleGrant.person_id == person.id).order_by(RoleGrant.id)
    if edition is not None:
        query = query.where(or_(RoleGrant.edition_id == edition.id, RoleGrant.edition_id.is_(None)))
    return db.session.scalars(query.options(joinedload(RoleGrant.edition))).all()


def grants_in(edition: Edition) -> Sequence[RoleGrant]:
    """Every role held in an edition, with who holds it, in the order of the roles."""
    query = select(RoleGrant).where(RoleGrant.edition_id == edition.id).options(joinedload(RoleGrant.person))
    order = list(Role)
    return sorted(db.session.scalars(query), key=lambda grant: (order.index(grant.role), grant.id))


def administrators() -> Sequence[RoleGrant]:
    """Who administers the site."""
    query = select(RoleGrant).where(RoleGrant.role == Role.ADMINISTRATOR).options(joinedload(RoleGrant.person))
    return db.session.scalars(query.order_by(RoleGrant.id)).all()


def grant_by_code(edition: Edition | None, code: str) -> RoleGrant | None:
    """A role held in this edition (over the site where None) by its public id."""
    same = RoleGrant.edition_id == edition.id if edition else RoleGrant.edition_id.is_(None)
    return db.session.scalars(select(RoleGrant).where(RoleGrant.code == code, same)).one_or_none()


def holders(edition: Edition | None, role: Role) -> int:
    """How many people hold `role` in an edition, or over the site."""
    same = RoleGrant.edition_id == edition.id if edition else RoleGrant.edition_id.is_(None)
    query = select(func.count(func.distinct(RoleGrant.person_id))).where(RoleGrant.role == role, same)
    return db.session.scalar(query) or 0


def invitations_in(edition: Edition) -> Sequence[Invitation]:
    """Every invitation of an edition that nobody has answered or withdrawn, expired ones too, the newest first."""
    query = select(Invitation).where(
        Invitation.edition_id == edition.id,
        Invitation.accepted_at.is_(None),
        Invitation.declined_at.is_(None),
        Invitation.withdrawn_at.is_(None),
    )
    return db.session.scalars(query.order_by(Invitation.id.desc())).all()


def invitation_by_code(edition: Edition, code: str) -> Invitation | None:
    """An invitation of this edition by its public id."""
    query = select(Invitation).where(Invitation.edition_id == edition.id, Invitation.code == code)
    return db.session.scalars(query).one_or_none()


def invitation_by_link(token: str) -> Invitation | None:
    """The invitation whose link has this token, answered or not."""
    query = select(Invitation).where(Invitation.link_digest == digest("invitation", token))
    return db.session.scalars(query.options(joinedload(Invitation.edition))).one_or_none()


def open_invitations_for(person: Person, at: datetime) -> Sequence[Invitation]:
    """Invitations that came to a proven address of this person and can be taken now."""
    query = (
        select(Invitation)
        .join(Address, Address.digest == Invitation.address_digest)
        .where(
            Address.person_id == person.id,
            Invitation.expires_at > at,
            Invitation.accepted_at.is_(None),
            Invitation.declined_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
    )
    return db.session.scalars(query.options(joinedload(Invitation.edition)).order_by(Invitation.id)).all()
