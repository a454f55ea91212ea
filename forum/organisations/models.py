"""Stakeholder groups and company types: the two lists every statistic is built on."""

from enum import StrEnum


class StakeholderGroup(StrEnum):
    """Whom a person stands for. After the Tunis Agenda for the Information Society, paragraph 35."""

    GOVERNMENT = "government"
    PRIVATE_SECTOR = "private_sector"
    CIVIL_SOCIETY = "civil_society"
    TECHNICAL_COMMUNITY = "technical_community"
    ACADEMIA = "academia"
    INTERGOVERNMENTAL = "intergovernmental"
    MEDIA = "media"
    DONOR = "donor"
    OTHER = "other"
