"""The words of the field as pages show them: roles, stakeholder groups, modes, marks."""

from forum.i18n import _l, _lp
from forum.organisations.models import StakeholderGroup

ROLES = {
    "speaker": _l("Speaker"),
    "moderator": _l("Moderator"),
    "rapporteur": _l("Rapporteur"),
    "interpreter": _l("Interpreter"),
    "organiser": _l("Organiser"),
}
LEGEND = {
    StakeholderGroup.GOVERNMENT: ("GO", _l("Government")),
    StakeholderGroup.PRIVATE_SECTOR: ("PS", _l("Private sector")),
    StakeholderGroup.CIVIL_SOCIETY: ("CS", _l("Civil society")),
    StakeholderGroup.TECHNICAL_COMMUNITY: ("TC", _l("Technical community")),
    StakeholderGroup.ACADEMIA: ("AC", _l("Academia")),
    StakeholderGroup.INTERGOVERNMENTAL: ("IG", _l("Intergovernmental organisation")),
    StakeholderGroup.MEDIA: ("ME", _l("Media")),
    StakeholderGroup.DONOR: ("DO", _l("Donor")),
    StakeholderGroup.OTHER: ("OT", _l("Other")),
}
"""Each group's mark of two letters and its name: colour never stands alone."""
MODES = {"in_person": _l("in person"), "online": _l("online"), "hybrid": _l("in person and online")}
MARKS = {
    "new": _lp("session", "new"),
    "moved": _lp("session", "moved"),
    "retimed": _lp("session", "new time"),
}
"""What the newest release changed about a session."""
