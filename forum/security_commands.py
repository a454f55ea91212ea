"""Commands that look after what keeps people safe: the audit log's chains, and the keys."""

import contextlib
import re
import sys
from collections.abc import Iterable, Iterator

import click
from flask.cli import with_appcontext
from flask_babel import force_locale, gettext, ngettext
from sqlalchemy import select

from forum import rotation
from forum.audit import queries
from forum.audit.models import AuditChain, AuditEntry
from forum.audit.rules import Noted, check_chain
from forum.audit.services import COMMAND, record
from forum.audit.words import finding_words
from forum.cli import reader_language, refuse, require_keys_or_refuse, say
from forum.db import begin_writing, db, utcnow
from forum.editions.models import Edition
from forum.editions.queries import edition_by_slug
from forum.keys import SITE, scope_of
from forum.roles.models import RoleGrant

LONG_CHAIN = 5_000
"""From so many entries on, a check shows how far it is."""
NOTED = re.compile(r"([1-9][0-9]{0,8}):([0-9a-f]{64})")


@click.command("audit-verify")
@click.option("--edition", "slug", help="Check the log of this edition alone, such as drif-2026.")
@click.option("--expect", help="LENGTH:DIGEST as noted from an earlier check; with --edition.")
@with_appcontext
def audit_verify(slug: str | None, expect: str | None) -> None:
    """Find entries of the audit log that somebody changed, removed or put in. Ends with status 1 where there are any.

    Note the length and the last digest of each log elsewhere: only so can a log that was put back as a whole to an
    earlier state be told from a genuine one.
    """
    with force_locale(reader_language()):
        noted = _noted(slug, expect)
        queries.see_one_moment()
        edition = edition_by_slug(slug) if slug else None
        if slug and edition is None:
            refuse(gettext("There is no edition %(slug)s.", slug=slug))
        found = 0
        for fault in _faults(edition, noted):
            say(fault)
            found += 1
        db.session.rollback()
        if not found:
            say(gettext("Nothing is wrong."))
            return
        say(ngettext("%(num)s fault was found.", "%(num)s faults were found.", found))
        say(gettext("Where every entry is at fault, LOOKUP_KEY may be another one than when they were written."))
    sys.exit(1)


def _noted(slug: str | None, expect: str | None) -> Noted | None:
    """The end of the log that is expected, as somebody typed it."""
    if expect is None:
        return None
    given = NOTED.fullmatch(expect.strip().lower())
    if given is None or slug is None:
        refuse(gettext("Give --expect as LENGTH:DIGEST, as this command prints it, together with --edition."))
    assert given is not None
    return Noted(int(given[1]), bytes.fromhex(given[2]))


def _faults(edition: Edition | None, noted: Noted | None) -> Iterator[str]:
    """Says of each log how it ends, and gives what is wrong in it in words."""
    slugs = {scope_of(one_id): slug for one_id, slug in db.session.execute(select(Edition.id, Edition.slug))}
    wanted = scope_of(edition.id) if edition else None
    chains = [chain for chain in queries.chains() if wanted in (None, chain.scope)]
    for chain in chains:
        name = slugs.get(chain.scope, gettext("the site") if chain.scope == SITE else chain.scope)
        say(f"{name}  {chain.length}:{chain.last.hex()}")
        with _watched(chain, name) as entries:
            yield from (f"  {finding_words(finding)}" for finding in check_chain(chain, entries, noted))
    yield from _lost(edition, {chain.scope for chain in chains}, slugs, noted)


def _lost(edition: Edition | None, there: set[str], slugs: dict[str, str], noted: Noted | None) -> Iterator[str]:
    """Logs that are gone as a whole, as far as what is left tells of them."""
    if edition is None:
        for _, entries in queries.chains_lost():
            yield ngettext("%(num)s entry belongs to no log.", "%(num)s entries belong to no log.", entries)
    for edition_id in db.session.scalars(select(RoleGrant.edition_id).distinct()).all():
        scope = scope_of(edition_id)
        if scope not in there and (edition is None or edition.id == edition_id):
            name = slugs.get(scope, gettext("the site"))
            yield gettext("The log of %(name)s is gone: somebody holds a role there, and no entry says so.", name=name)
    if edition and noted and scope_of(edition.id) not in there:
        yield gettext("There is no log of %(name)s.", name=edition.slug)


@contextlib.contextmanager
def _watched(chain: AuditChain, name: str) -> Iterator[Iterable[AuditEntry]]:
    """The entries of a chain; a long one with a bar on standard error."""
    entries = queries.entries_of(chain)
    if chain.length < LONG_CHAIN:
        yield entries
        return
    with click.progressbar(entries, length=chain.length, label=name, file=sys.stderr) as bar:
        yield bar


@click.command("rotate-keys")
@click.option("--master-only", is_flag=True, help="Only wrap the data keys by the first key of MASTER_KEYS.")
@with_appcontext
def rotate_keys(master_only: bool) -> None:
    """Lock everything that is sealed in the database with new keys; the site may go on meanwhile.

    Put a new key before the others in MASTER_KEYS and start the site again first. This may be interrupted at any
    moment; begun again it goes on where it was.
    """
    with force_locale(reader_language()):
        require_keys_or_refuse()
        wrapped = rotation.rewrap_all()
        say(ngettext("%(num)s key was wrapped anew.", "%(num)s keys were wrapped anew.", wrapped))
        is_whole = master_only or _rotate()
        for place, name in rotation.unneeded_master_keys():
            say(
                gettext(
                    "Nothing here needs key %(place)s of MASTER_KEYS, known as %(name)s, any more. "
                    "Keep it as long as you keep backups from before.",
                    place=place,
                    name=name,
                )
            )
    if not is_whole:
        sys.exit(1)


def _rotate() -> bool:
    """Rotate the data keys, with a bar; whether everything could be opened."""
    with click.progressbar(length=rotation.rows_to_look_at(), label=gettext("Rows"), file=sys.stderr) as bar:
        db.session.rollback()
        done = rotation.rotate(at=utcnow(), step=bar.update)
    begin_writing()
    record(
        by=COMMAND,
        action="keys.rotate",
        record_type="data_keys",
        record=SITE,
        changes={"sealed_anew": done.sealed_anew},
        at=utcnow(),
    )
    db.session.commit()
    say(ngettext("%(num)s text was locked anew.", "%(num)s texts were locked anew.", done.sealed_anew))
    for table, row_id in sorted(done.broken):
        say(gettext("Row %(row)s of %(table)s cannot be opened by any key: it was changed.", row=row_id, table=table))
    if done.broken:
        say(gettext("The old keys stay until these rows are put in order."))
    return not done.broken
