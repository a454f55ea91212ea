"""What roles hold about a person."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from forum.audit.services import Actor
from forum.db import db
from forum.holdings import Holder, Kind, Record, Subject
from forum.i18n import _l
from forum.roles import services
from forum.roles.models import Invitation, RoleGrant
from forum.roles.words import ROLES

ROLES_HELD = Kind(
    name="roles",
    title=_l("Your roles"),
    purpose=_l("So that you can do your work in a forum, and the others see who does what."),
    kept=_l("Until they are taken away or you have everything erased."),
    fields={
        "role": _l("Role"),
        "edition": _l("Forum"),
        "language": _l("Language"),
        "sees_internal_statistics": _l("Sees exact statistics"),
        "since": _l("Since"),
    },
    tables=("role_grant",),
)
INVITATIONS = Kind(
    name="invitations",
    title=_l("Invitations to roles"),
    purpose=_l("So that you can take a role that was offered to your address."),
    kept=_l("They can be taken for seven days, and are removed thirty days later, or when you have everything erased."),
    fields={
        "role": _l("Role"),
        "edition": _l("Forum"),
        "invited_at": _l("Invited"),
        "expires_at": _l("Good until"),
        "accepted_at": _l("Accepted"),
        "declined_at": _l("Declined"),
        "withdrawn_at": _l("Taken back"),
    },
    tables=("invitation",),
)
GIVEN = Kind(
    name="given",
    title=_l("Roles and invitations that you gave"),
    purpose=_l("So that it can be seen who gave a role."),
    kept=_l("As long as who has the role keeps it."),
    fields={
        "role": _l("Role"),
        "edition": _l("Forum"),
        "given_at": _l("Given"),
    },
    tables=("role_grant", "invitation"),
    stays=_l("They belong to those who got them. Who gave them is a random number there, which leads to nobody then."),
)


def held_about(subject: Subject) -> Mapping[str, Sequence[Record]]:
    """Roles held, invitations to the person's addresses, and what they gave to others."""
    mine = select(RoleGrant).where(RoleGrant.person_id == subject.person_id)
    given = select(RoleGrant).where(RoleGrant.granted_by == subject.uid, RoleGrant.person_id != subject.person_id)
    invited = select(Invitation).where(
        Invitation.invited_by == subject.uid, Invitation.address_digest.not_in(subject.digests)
    )
    return {
        "roles": [
            {
                "role": one.role.value,
                "edition": _slug(one),
                "language": one.language,
                "sees_internal_statistics": one.sees_internal_statistics,
                "since": one.granted_at,
            }
            for one in db.session.scalars(mine.options(joinedload(RoleGrant.edition)).order_by(RoleGrant.id))
        ],
        "invitations": [
            {
                "role": one.role.value,
                "edition": _slug(one),
                "invited_at": one.invited_at,
                "expires_at": one.expires_at,
                "accepted_at": one.accepted_at,
                "declined_at": one.declined_at,
                "withdrawn_at": one.withdrawn_at,
            }
            for one in _invitations_to(subject)
        ],
        "given": [
            *(
                {"role": one.role.value, "edition": _slug(one), "given_at": one.granted_at}
                for one in db.session.scalars(given.options(joinedload(RoleGrant.edition)).order_by(RoleGrant.id))
            ),
            *(
                {"role": one.role.value, "edition": _slug(one), "given_at": one.invited_at}
                for one in db.session.scalars(invited.options(joinedload(Invitation.edition)).order_by(Invitation.id))
            ),
        ],
    }


def _slug(row: RoleGrant | Invitation) -> str:
    return row.edition.slug if row.edition else ""


def _invitations_to(subject: Subject) -> Sequence[Invitation]:
    query = select(Invitation).where(Invitation.address_digest.in_(subject.digests))
    return db.session.scalars(query.options(joinedload(Invitation.edition)).order_by(Invitation.id)).all()


def forget(subject: Subject, at: datetime) -> Mapping[str, int]:
    """Lay down every role and take back every invitation. Raises LastOrganiser, LastAdministrator."""
    by = Actor(subject.uid, "self")
    mine = select(RoleGrant).where(RoleGrant.person_id == subject.person_id).order_by(RoleGrant.id)
    roles = db.session.scalars(mine).all()
    for given in roles:
        services.withdraw(given=given, by=by, at=at)
    invitations = _invitations_to(subject)
    for one in invitations:
        services.withdraw_invitation(invitation=one, by=by, at=at)
    db.session.flush()
    db.session.execute(delete(Invitation).where(Invitation.address_digest.in_(subject.digests)))
    return {"roles": len(roles), "invitations": len(invitations)}


HOLDER = Holder(
    kinds=(ROLES_HELD, INVITATIONS, GIVEN),
    held_about=held_about,
    forget=forget,
    words={
        **{role.value: word for role, word in ROLES.items()},
        "roles.invitation": _l("An invitation to a role"),
        "roles.grant": _l("a role was given"),
        "roles.withdraw": _l("a role was taken away"),
        "roles.invite": _l("somebody was invited to a role"),
        "roles.accept": _l("an invitation was accepted"),
        "roles.decline": _l("an invitation was declined"),
        "roles.withdraw_invitation": _l("an invitation was taken back"),
    },
)
