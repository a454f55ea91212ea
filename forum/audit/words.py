"""The audit log in words: what each action, record and field is called. A code without words is shown as it is."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel.lists import format_list
from flask_babel import LazyString
from flask_babel import gettext as _
from markupsafe import Markup, escape

from forum.audit.models import AuditEntry
from forum.audit.rules import Fault, Finding
from forum.audit.services import CHANGED
from forum.i18n import _l, language_name, locale_of

ACTIONS: Mapping[str, LazyString] = {
    "accounts.add_authenticator": _l("%(who)s set up an authenticator app."),
    "accounts.add_passkey": _l("%(who)s set up a passkey."),
    "accounts.download": _l("%(who)s downloaded what is held about %(record)s."),
    "accounts.erase": _l("%(who)s erased the account of %(record)s."),
    "accounts.make_recovery_codes": _l("%(who)s made new recovery codes."),
    "accounts.primary_address": _l("%(who)s chose another address for mail."),
    "accounts.profile": _l("%(who)s changed what the account says about %(record)s."),
    "accounts.prove_address": _l("%(who)s added an e-mail address."),
    "accounts.remove_address": _l("%(who)s removed an e-mail address."),
    "accounts.remove_authenticator": _l("%(who)s removed an authenticator app."),
    "accounts.remove_passkey": _l("%(who)s removed a passkey."),
    "accounts.rename_passkey": _l("%(who)s gave a passkey another name."),
    "accounts.replace_authenticator": _l("%(who)s replaced an authenticator app."),
    "accounts.reset_factors": _l("%(who)s took every passkey, app and recovery code from %(record)s."),
    "accounts.use_recovery_code": _l("%(who)s used a recovery code."),
    "audit.export": _l("%(who)s took the audit log out as a file."),
    "roles.grant": _l("%(who)s gave %(record)s a role."),
    "roles.withdraw": _l("%(who)s took a role from %(record)s."),
    "roles.invite": _l("%(who)s invited somebody to a role: %(record)s."),
    "roles.accept": _l("%(who)s took the role that was offered: %(record)s."),
    "roles.decline": _l("%(who)s declined a role: %(record)s."),
    "roles.withdraw_invitation": _l("%(who)s took back %(record)s."),
    "mail.send_again": _l("%(who)s had %(record)s sent again."),
    "mail.try_now": _l("%(who)s had %(record)s tried again at once."),
    "mailings.delete": _l("%(who)s deleted %(record)s."),
    "mailings.write": _l("%(who)s wrote %(record)s."),
    "mailings.send": _l("%(who)s sent %(record)s."),
    "keys.rotate": _l("%(who)s changed the keys that lock what is kept in the database."),
}
"""A sentence for each action, by its code."""

AREAS: Mapping[str, LazyString] = {
    "accounts": _l("Accounts"),
    "audit": _l("Audit log"),
    "keys": _l("Keys"),
    "mail": _l("Outbox"),
    "mailings": _l("Mailings"),
    "roles": _l("Roles"),
}

RECORD_TYPES: Mapping[str, LazyString] = {
    "audit_log": _l("Audit log"),
    "authenticator": _l("Authenticator app"),
    "data_keys": _l("Keys"),
    "edition": _l("Edition"),
    "invitation": _l("Invitation"),
    "mailing": _l("Mailing"),
    "outbox_mail": _l("Message"),
    "passkey": _l("Passkey"),
    "person": _l("Person"),
}
"""What each type of record is called."""

RECORDS: Mapping[str, LazyString] = {
    "audit_log": _l("the audit log"),
    "authenticator": _l("the authenticator app %(code)s"),
    "data_keys": _l("the keys"),
    "edition": _l("the edition %(code)s"),
    "invitation": _l("the invitation %(code)s"),
    "mailing": _l("the mailing %(code)s"),
    "outbox_mail": _l("the message %(code)s"),
    "passkey": _l("the passkey %(code)s"),
}
"""One record of each type, by its public id; a person has a name instead."""

FIELDS: Mapping[str, LazyString] = {
    "address": _l("E-mail address"),
    "alias": _l("Name for badges"),
    "audience": _l("For whom"),
    "body": _l("Text"),
    "email": _l("E-mail address"),
    "format": _l("File format"),
    "is_service": _l("Goes also to those who want no mailings"),
    "language": _l("Language"),
    "languages": _l("Languages"),
    "name": _l("Name"),
    "people": _l("Recipients"),
    "reason": _l("Reason"),
    "role": _l("Role"),
    "rows": _l("Entries"),
    "sealed_anew": _l("Texts locked anew"),
    "sees_internal_statistics": _l("Sees exact statistics"),
    "state": _l("State"),
    "subject": _l("Subject"),
    "time_zone": _l("Time zone"),
}

ACTORS: Mapping[str, LazyString] = {
    "command": _l("A command on the server"),
    "system": _l("The system"),
}
"""Who acted where it was nobody."""

OWN_AND_NOBODY: Mapping[str, LazyString] = {
    "self": _l("For themselves"),
    "command": _l("Command"),
    "system": _l("By itself"),
}
"""In which role, where it is none that people hold."""


@dataclass(frozen=True)
class Line:
    """An entry as its reader sees it."""

    number: int
    at: datetime
    """In the zone of the edition."""
    sentence: Markup
    role: str
    changes: Sequence[Markup]


@dataclass(frozen=True)
class Wording:
    """Writes entries for one reader."""

    language: str
    names: Mapping[uuid.UUID, str]
    """Of the people who still are there."""
    called: Mapping[str, object]
    """What roles, and states of a message, are called, by code."""

    def line(self, entry: AuditEntry) -> Line:
        """The entry in words; its moment is still in UTC."""
        said = [self._change(field, what) for field, what in entry.changes.items()]
        return Line(entry.number, entry.at, self._sentence(entry), self.role(entry.role), said)

    def name(self, uid: uuid.UUID) -> str:
        """What a person is called today."""
        name = self.names.get(uid)
        return str(_("somebody who has left") if name is None else name or _("somebody without a name"))

    def role(self, code: str) -> str:
        """In which role somebody acted."""
        return str(self.called.get(code) or OWN_AND_NOBODY.get(code, code))

    def _sentence(self, entry: AuditEntry) -> Markup:
        words = ACTIONS.get(entry.action)
        who, record = _isolated(self._who(entry)), _isolated(self._record(entry))
        if words is None:
            words = _("%(who)s: %(action)s, %(record)s.", who="%(who)s", action="%(action)s", record="%(record)s")
        return escape(str(words)) % {"who": who, "record": record, "action": _isolated(entry.action)}

    def _who(self, entry: AuditEntry) -> str:
        return self.name(entry.actor) if entry.actor else str(ACTORS.get(entry.role, entry.role))

    def _record(self, entry: AuditEntry) -> str:
        if entry.record_type == "person":
            return self._person(entry.record)
        words = RECORDS.get(entry.record_type)
        return f"{entry.record_type} {entry.record}" if words is None else str(words) % {"code": entry.record}

    def _person(self, text: str) -> str:
        uid = uid_or_none(text)
        return self.name(uid) if uid else text

    def _change(self, field: str, what: Any) -> Markup:
        """What became of one field."""
        given = {"field": _isolated(str(FIELDS.get(field, field)))}
        if not isinstance(what, list) or len(what) != 2:
            if what == CHANGED:
                return escape(_("%(field)s: changed", field="%(field)s")) % given
            what = [None, what]
        before, after = what
        given |= {"before": _isolated(self.value(field, before)), "after": _isolated(self.value(field, after))}
        if before is None:
            return escape(_("%(field)s: %(after)s", field="%(field)s", after="%(after)s")) % given
        if after is None:
            return escape(_("%(field)s: no longer %(before)s", field="%(field)s", before="%(before)s")) % given
        words = _("%(field)s: %(before)s, now %(after)s", field="%(field)s", before="%(before)s", after="%(after)s")
        return escape(words) % given

    def value(self, field: str, value: Any) -> str:
        """A value as people write it."""
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if field == "audience" and isinstance(value, dict):
            chosen = [self.value(name, one) for name, some in value.items() for one in some]
            return self.value("", chosen) if chosen else str(_("everybody"))
        if isinstance(value, list):
            return format_list([self.value(field, one) for one in value], locale=locale_of(self.language))
        if isinstance(value, str):
            if field in ("role", "roles", "state"):
                return str(self.called.get(value, value))
            return language_name(value, self.language) if field in ("language", "languages") else value
        return "–" if value is None else json.dumps(value, ensure_ascii=False)


def uid_or_none(text: str) -> uuid.UUID | None:
    """The person that a record names, or None where it names none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _isolated(text: str) -> Markup:
    """A text whose direction changes nothing around it."""
    return Markup("<bdi>{}</bdi>").format(text)


FINDINGS: Mapping[Fault, LazyString] = {
    Fault.CHANGED: _l("Entry %(number)s is not as it was written."),
    Fault.REMOVED: _l("Entry %(number)s is missing."),
    Fault.INSERTED: _l("Entry %(number)s was put in by somebody else."),
    Fault.DETACHED: _l("Entry %(number)s does not go with its neighbour."),
    Fault.END_CHANGED: _l("What is noted of the log's end, entry %(number)s, was changed."),
    Fault.NOT_AS_NOTED: _l("Entry %(number)s is not the one that was noted."),
}


def finding_words(finding: Finding) -> str:
    """What a check has found, in a sentence."""
    if finding.last is None or finding.last == finding.number:
        return str(FINDINGS[finding.fault]) % {"number": finding.number}
    return str(_("Entries %(number)s to %(last)s are missing.", number=finding.number, last=finding.last))
