"""What accounts hold about a person. Of what proves who they are, that it is there and since when; never the secret."""

from collections.abc import Iterable, Mapping, Sequence

from forum.accounts import erasure, queries
from forum.accounts.models import Person, Proof, Purpose
from forum.holdings import Holder, Kind, Record, Subject
from forum.i18n import _l, _lp

ACCOUNT = Kind(
    name="account",
    title=_l("Your profile"),
    purpose=_l("So that pages and mail speak to you by your name, in your language and at your hours."),
    kept=_l("Until you change it or have it erased."),
    fields={
        "name": _l("Name"),
        "alias": _l("Name on badges"),
        "language": _l("Language of pages and mail"),
        "languages": _l("Languages you understand"),
        "time_zone": _l("Time zone"),
        "since": _l("Since"),
        "number": _l("Random number"),
    },
    tables=("person",),
)
ADDRESSES = Kind(
    name="addresses",
    title=_l("Your addresses"),
    purpose=_l("So that you can sign in and get mail."),
    kept=_l("Until you remove them or have everything erased."),
    fields={
        "email": _l("Address"),
        "gets_mail": _l("Gets mail"),
        "proven_at": _l("Proven"),
        "refused_at": _l("Mail came back"),
        "refused_with": _l("What the mail server said"),
    },
    tables=("address",),
)
MAILED_KEYS = Kind(
    name="mailed_keys",
    title=_l("Links and codes mailed to you"),
    purpose=_l("So that a link or a code from a mail opens what it is for, once."),
    kept=_l("Ten minutes; then they open nothing, and are removed at the next cleaning up."),
    fields={
        "purpose": _l("What for"),
        "mailed_at": _l("Mailed"),
        "good_until": _l("Good until"),
        "used_at": _l("Used"),
    },
    tables=("mailed_key",),
)
SIGN_INS = Kind(
    name="sign_ins",
    title=_l("Where you are signed in"),
    purpose=_l("So that you stay signed in, and can end it from elsewhere. Neither the browser nor its place is kept."),
    kept=_l("Twelve hours after the end, sixty days at most; then they are removed at the next cleaning up."),
    fields={
        "how": _l("How"),
        "started_at": _l("Since"),
        "seen_at": _l("Last seen"),
        "second_proof_at": _l("Second proof"),
        "ended_at": _l("Ended"),
    },
    tables=("sign_in",),
)
PROOFS = Kind(
    name="proofs",
    title=_l("What proves that it is you"),
    purpose=_l("So that nobody else gets in by your mail alone. The secrets themselves are shown to nobody."),
    kept=_l("Until you remove them or have everything erased."),
    fields={
        "kind": _l("Kind"),
        "name": _l("Name"),
        "since": _l("Since"),
        "last_used_at": _l("Last used"),
    },
    tables=("passkey", "authenticator", "recovery_code"),
)


def subject_of(person: Person) -> Subject:
    """A person as every area can look for them."""
    return Subject(person.id, person.uid, frozenset(one.digest for one in person.addresses))


def held_about(subject: Subject) -> Mapping[str, Sequence[Record]]:
    """The profile, addresses, mailed keys, sign-ins and proofs of a person."""
    person = queries.person_by_id(subject.person_id)
    assert person is not None, "nobody is asked about who is not there"
    return {
        "account": [
            {
                "name": person.name,
                "alias": person.alias,
                "language": person.language,
                "languages": person.languages,
                "time_zone": person.time_zone,
                "since": person.created_at,
                "number": str(person.uid),
            }
        ],
        "addresses": [
            {
                "email": one.email,
                "gets_mail": one.is_primary,
                "proven_at": one.verified_at,
                "refused_at": one.refused_at,
                "refused_with": one.refusal,
            }
            for one in person.addresses
        ],
        "mailed_keys": [
            {
                "purpose": one.purpose.value,
                "mailed_at": one.created_at,
                "good_until": one.expires_at,
                "used_at": one.used_at,
            }
            for one in queries.mailed_keys_of(person.id, subject.digests)
        ],
        "sign_ins": [
            {
                "how": one.proof.value,
                "started_at": one.started_at,
                "seen_at": one.seen_at,
                "second_proof_at": one.second_factor_at,
                "ended_at": one.ended_at,
            }
            for one in queries.all_sign_ins_of(person)
        ],
        "proofs": list(_proofs(person)),
    }


def _proofs(person: Person) -> Iterable[Record]:
    for key in queries.passkeys_of(person):
        yield _proof("passkey", since=key.created_at, name=key.name, last_used_at=key.last_used_at)
    app = queries.authenticator_of(person)
    if app is not None:
        yield _proof("authenticator", since=app.confirmed_at)
    for code in queries.recovery_codes_of(person):
        yield _proof("recovery_code", since=code.created_at, last_used_at=code.used_at)


def _proof(kind: str, *, since: object, name: str = "", last_used_at: object = None) -> Record:
    return {"kind": kind, "name": name, "since": since, "last_used_at": last_used_at}


_FACTOR_NEWS = {
    f"accounts.{what}": _l("News of your account")
    for what in (
        "passkey_added",
        "passkey_removed",
        "authenticator_added",
        "authenticator_removed",
        "recovery_codes_made",
        "recovery_code_used",
    )
}
_DONE = {
    "accounts.profile": _l("the profile was changed"),
    "accounts.prove_address": _l("an address was added"),
    "accounts.remove_address": _l("an address was removed"),
    "accounts.primary_address": _l("mail was let go to another address"),
    "accounts.download": _l("everything held was downloaded"),
    "accounts.add_passkey": _l("a passkey was added"),
    "accounts.rename_passkey": _l("a passkey was renamed"),
    "accounts.remove_passkey": _l("a passkey was removed"),
    "accounts.add_authenticator": _l("an authenticator app was set up"),
    "accounts.replace_authenticator": _l("an authenticator app was replaced"),
    "accounts.remove_authenticator": _l("an authenticator app was removed"),
    "accounts.make_recovery_codes": _l("recovery codes were made"),
    "accounts.use_recovery_code": _l("a recovery code was used"),
}
"""What the audit log says that was done, in words."""
HOLDER = Holder(
    kinds=(ACCOUNT, ADDRESSES, MAILED_KEYS, SIGN_INS, PROOFS),
    held_about=held_about,
    forget=erasure.erase,
    words={
        Purpose.SIGN_IN.value: _l("to sign in"),
        Purpose.ADD_ADDRESS.value: _l("to add an address"),
        Proof.LINK.value: _lp("signed in by", "a mailed link"),
        Proof.CODE.value: _lp("signed in by", "a mailed code"),
        Proof.PASSKEY.value: _l("a passkey"),
        Proof.PERSONA.value: _lp("signed in by", "the demo"),
        "authenticator": _l("an authenticator app"),
        "recovery_code": _l("a recovery code"),
        "accounts.sign_in": _l("A link to sign in"),
        "accounts.add_address": _l("A link to add an address"),
        "accounts.address_added": _l("News of your account"),
        "accounts.address_removed": _l("News of your account"),
        "accounts.primary_changed": _l("News of your account"),
        "accounts.erased": _l("A receipt"),
        **_FACTOR_NEWS,
        **_DONE,
    },
)
