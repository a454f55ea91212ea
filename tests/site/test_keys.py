"""What is sealed opens where it was sealed and nowhere else; keys are changed while the site goes on."""

import os
import stat
import subprocess
import sys
import time
import uuid
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from threading import Barrier, Event

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

import config as config_module
from config import Config
from forum import create_app, rotation
from forum.accounts.models import Address, Passkey, Person
from forum.audit.models import AuditEntry
from forum.cli import command_group
from forum.db import begin_writing, db, utcnow
from forum.keys import (
    SITE,
    DataKey,
    Encrypted,
    KeyMissing,
    SealBroken,
    encrypted_columns,
    fingerprint,
    generations,
    key_of,
    make_data_key,
    missing_master_keys,
    open_seal,
    scope_of,
    seal,
    sealed_with,
)
from forum.mail.models import OutboxMail
from forum.roles.models import Invitation
from tests import make
from tests.conftest import TEST_KEY, config_for
from tests.make import NOON
from tests.rows import on_disk
from tests.site.server import ROOT, command, free_port, settings_for

CANARY = "Amina Canary-Wambui"
NEW_KEY = b64encode(bytes(range(32))).decode()
any_text = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def a_mail(edition=None, letter="words", **given):
    wanted = {"kind": "x.y", "language": "en", "created_at": NOON, "next_try_at": NOON, **given}
    row = OutboxMail(edition_id=edition.id if edition else None, letter=letter, **wanted)
    db.session.add(row)
    db.session.flush()
    return row


def old_keys():
    return {scope: len(keys) for scope, keys in generations().items()}


# Sealing and opening


@any_text
@given(words=st.text())
def test_any_text_opens_as_it_was_sealed(app, words):
    """All of Unicode, lone surrogates too."""
    assert open_seal(seal(words, scope=SITE, place="t|c|r"), place="t|c|r") == words


def test_text_comes_back_from_the_database_as_it_went_in(app):
    names = ["", "Awa", "نور", "\U0001f600\x00\x7f", "x" * 100_000]
    people = [make.a_person(name=name) for name in names]
    db.session.commit()

    assert [person.name for person in people] == names


def test_two_seals_of_one_text_differ(app):
    seals = {seal("same", scope=SITE, place="t|c|r") for _ in range(50)}

    assert len(seals) == 50
    assert len({sealed[5:17] for sealed in seals}) == 50


def test_sealed_text_opens_in_its_place_alone(app):
    sealed = seal("x", scope=SITE, place="person|name|1")

    for place in ("person|name|2", "person|alias|1", "address|name|1", ""):
        with pytest.raises(SealBroken, match="cannot be opened"):
            open_seal(sealed, place=place)


def moved_to_another_row(one, other):
    other.name_sealed = one.name_sealed
    return other, "name"


def moved_to_another_column(one, other):
    one.alias_sealed = one.name_sealed
    return one, "alias"


def moved_to_another_table(one, other):
    passkey = Passkey(person_id=one.id, uid=one.uid, credential_id=b"", public_key=b"", sign_count=0, created_at=NOON)
    passkey.name_sealed = one.name_sealed
    db.session.add(passkey)
    return passkey, "name"


@pytest.mark.parametrize("move", [moved_to_another_row, moved_to_another_column, moved_to_another_table])
def test_what_was_moved_in_the_database_does_not_open(app, move):
    row, column = move(make.a_person(name="One"), make.a_person(name="Other"))
    db.session.commit()

    with pytest.raises(SealBroken):
        getattr(row, column)


def test_row_whose_name_was_changed_does_not_open(app):
    person = make.a_person(name="One")
    person.uid = uuid.uuid4()

    with pytest.raises(SealBroken):
        _ = person.name


@any_text
@given(place=st.integers(5, 5 + 12 + 5 + 16 - 1), bit=st.integers(0, 7))
def test_flipped_bit_does_not_open(app, place, bit):
    sealed = bytearray(seal("12345", scope=SITE, place="t|c|r"))
    sealed[place] ^= 1 << bit

    with pytest.raises(SealBroken):
        open_seal(bytes(sealed), place="t|c|r")


@pytest.mark.parametrize("bit", range(8))
def test_flipped_bit_of_the_form_does_not_open(app, bit):
    sealed = bytearray(seal("12345", scope=SITE, place="t|c|r"))
    sealed[0] ^= 1 << bit

    with pytest.raises(SealBroken):
        open_seal(bytes(sealed), place="t|c|r")


def test_what_names_another_key_does_not_open(app):
    sealed = bytearray(seal("x", scope=SITE, place="t|c|r"))
    seal("x", scope="edition:1", place="t|c|r")
    other = sealed_with(seal("x", scope="edition:1", place="t|c|r"))

    with pytest.raises(SealBroken):
        open_seal(bytes(sealed[:1]) + other.to_bytes(4, "big") + bytes(sealed[5:]), place="t|c|r")
    with pytest.raises(KeyMissing):
        open_seal(bytes(sealed[:1]) + (2**31).to_bytes(4, "big") + bytes(sealed[5:]), place="t|c|r")


def test_text_that_may_be_missing_can_be_and_another_cannot(app):
    mail = a_mail(letter=None)

    assert (mail.letter, mail.letter_sealed) == (None, None)
    with pytest.raises(ValueError, match="name needs a text"):
        make.a_person().name = None


def test_row_of_an_edition_is_sealed_with_the_key_of_its_edition(app):
    edition = make.an_edition()
    own, of_site = a_mail(edition), a_mail()

    newest = {scope: keys[-1].id for scope, keys in generations().items()}
    assert [sealed_with(one.letter_sealed) for one in (own, of_site)] == [newest[scope_of(edition.id)], newest[SITE]]
    assert len(set(newest.values())) == 2


def test_nothing_of_a_text_can_be_read_in_the_database(app):
    make.a_person(name=CANARY, alias=CANARY, email="amina.canary@example.org")
    a_mail(make.an_edition(), letter=f"Dear {CANARY}")
    db.session.commit()

    for model, names in encrypted_columns():
        for row in db.session.scalars(select(model)):
            for name in names:
                assert b"anary" not in bytes(getattr(row, f"{name}_sealed") or b"")
    db.session.rollback()
    if db.engine.dialect.name == "sqlite":
        file = Path(make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database)
        kept = {one.suffix: on_disk(one) for one in (file, file.with_name(f"{file.name}-wal"))}
        assert {suffix: b"anary" in content for suffix, content in kept.items()} == {
            ".sqlite": False,
            ".sqlite-wal": False,
        }
        assert len(kept[".sqlite-wal"]) > 0


# Keys


def test_text_sealed_under_a_key_that_is_missing_does_not_open(app, monkeypatch):
    person = make.a_person(name=CANARY)
    db.session.commit()
    monkeypatch.setitem(app.config, "MASTER_KEYS", [NEW_KEY])

    with pytest.raises(KeyMissing, match=f"MASTER_KEYS lacks the key {fingerprint(key_of(TEST_KEY))}"):
        _ = person.name
    assert missing_master_keys() == [fingerprint(key_of(TEST_KEY))]


def test_text_opens_while_its_master_key_is_second_in_the_ring(app, monkeypatch):
    person = make.a_person(name=CANARY)
    db.session.commit()
    monkeypatch.setitem(app.config, "MASTER_KEYS", [NEW_KEY, TEST_KEY])

    assert person.name == CANARY
    assert missing_master_keys() == []
    a_mail(make.an_edition())
    assert {key.master for key in generations()[SITE]} == {fingerprint(key_of(TEST_KEY))}
    assert set(db.session.scalars(select(DataKey.master))) == {fingerprint(key_of(one)) for one in (NEW_KEY, TEST_KEY)}


@pytest.mark.parametrize("column", ["wrapped", "scope", "generation"])
def test_data_key_that_was_changed_opens_nothing(app, column):
    person = make.a_person(name=CANARY)
    key = generations()[SITE][0]
    setattr(key, column, {"wrapped": bytes(60), "scope": "edition:9", "generation": 2}[column])
    db.session.commit()

    with pytest.raises(SealBroken, match="data key of"):
        _ = person.name


def test_first_use_of_a_scope_by_many_at_once_makes_one_key(app):
    start = Barrier(8)
    db.session.remove()

    def use(number):
        with app.app_context():
            start.wait()
            begin_writing()
            sealed = seal(str(number), scope="edition:77", place=f"t|c|{number}")
            db.session.commit()
            return sealed

    with ThreadPoolExecutor(8) as pool:
        seals = list(pool.map(use, range(8)))

    assert [open_seal(sealed, place=f"t|c|{n}") for n, sealed in enumerate(seals)] == [str(n) for n in range(8)]
    assert old_keys() == {"edition:77": 1}


@pytest.mark.parametrize("given_key", ["", "short", "=" * 44, "ä" * 43, TEST_KEY + "AAAA"])
def test_key_that_is_none_is_refused(given_key):
    with pytest.raises(ValueError, match="a key must be 32 bytes in Base64"):
        key_of(given_key)


def test_every_table_with_an_encrypted_column_is_known_to_the_rotation():
    known = dict(encrypted_columns())

    assert {Person, Address, Passkey, OutboxMail, Invitation} <= set(known)
    assert sum(len(names) for names in known.values()) == len(Encrypted.everywhere)


# Rotation


@pytest.fixture
def sealed(app):
    """People and mail, of the site and of an edition, and what each says."""
    edition = make.an_edition()
    people = [make.a_person(name=f"{CANARY} {n}", alias=str(n)) for n in range(7)]
    mails = [a_mail(edition, letter=f"letter {n}") for n in range(5)] + [a_mail(letter=None)]
    db.session.commit()
    return people, mails


def said(sealed):
    db.session.expire_all()
    people, mails = sealed
    return [(one.name, one.alias, one.primary_address.email) for one in people], [one.letter for one in mails]


def seals():
    """Everything that is sealed, as it lies in the database."""
    return {
        (model.__tablename__, row_id, name): bytes(content)
        for model, names in encrypted_columns()
        for name in names
        for row_id, content in db.session.execute(select(model.id, getattr(model, f"{name}_sealed")))
        if content is not None
    }


def rotate(**given):
    """A rotation in a transaction of its own, as the command has it."""
    db.session.rollback()
    return rotation.rotate(at=utcnow(), **given)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(rotation, "BATCH", 2)
    monkeypatch.setattr(rotation, "WAIT_SECONDS", 0.01)


def test_rotation_seals_everything_anew_and_changes_no_text(sealed, small_batches):
    before, seals_before, keys_before = said(sealed), seals(), set(db.session.scalars(select(DataKey.id)))

    done = rotate()

    after = seals()
    assert said(sealed) == before
    assert after.keys() == seals_before.keys()
    assert [place for place, content in after.items() if content == seals_before[place]] == []
    assert (done.sealed_anew, done.removed, done.broken) == (len(after), 2, set())
    assert set(old_keys().values()) == {1}
    assert {keys[-1].generation for keys in generations().values()} == {2}
    assert {sealed_with(content) for content in after.values()} & keys_before == set()


def test_rotation_looks_at_every_row_once_for_its_progress(sealed, small_batches):
    steps = []

    rotate(step=steps.append)

    assert sum(steps) == rotation.rows_to_look_at() == 7 + 7 + 6
    assert max(steps) == 2


class Killed(BaseException):
    """What a kill looks like from inside."""


@pytest.mark.parametrize("after", range(1, 12))
def test_interrupted_rotation_goes_on_where_it_was(sealed, small_batches, monkeypatch, after):
    before, total, commits = said(sealed), len(seals()), []
    real = db.session.commit

    def commit_and_die():
        real()
        commits.append(1)
        if len(commits) == after:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(db.session, "commit", commit_and_die)
        with pytest.raises(Killed):
            rotate()
    db.session.remove()
    fresh = [db.session.scalars(select(model).order_by(model.id)).all() for model in (Person, OutboxMail)]
    assert said(fresh) == before

    again = rotate()

    assert again.sealed_anew <= total
    assert (again.sealed_anew < total) == (after > 1)
    assert said(fresh) == before
    assert {keys[-1].generation for keys in generations().values()} == {2}
    assert set(old_keys().values()) == {1}


def test_rotation_under_way_makes_no_third_generation(sealed):
    make_data_key(SITE, generation=2, at=NOON)
    db.session.commit()

    rotate()

    assert sorted(keys[-1].generation for keys in generations().values()) == [1, 2]


def test_page_read_before_a_rotation_is_opened_after_it(app, sealed):
    before = said(sealed)
    names = [one.name_sealed for one in sealed[0]]
    db.session.rollback()
    read, rotated = Event(), Event()

    def reader():
        with app.app_context():
            people = db.session.scalars(select(Person).order_by(Person.id)).all()
            read.set()
            assert rotated.wait(20)
            return [(one.name, one.alias, one.primary_address.email) for one in people]

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader)
        assert read.wait(20)
        try:
            rotate()
        finally:
            rotated.set()
        assert reading.result() == before[0]
    db.session.expire_all()
    assert [one.name_sealed for one in sealed[0]] != names


def test_what_is_written_during_a_rotation_stays_as_it_was_written(app, sealed, small_batches):
    """Readers and writers at work while keys change ten times: nobody meets an error, no text is lost."""
    people = [one.id for one in sealed[0]]
    db.session.remove()
    is_over, written, faults = Event(), {}, []

    def writer(number):
        with app.app_context():
            turn = 0
            while not is_over.is_set():
                turn += 1
                person_id = people[(turn * 2 + number) % len(people)]
                begin_writing()
                person = db.session.get(Person, person_id, with_for_update=True)
                person.alias = f"{number} {turn}"
                db.session.commit()
                written[person_id, number] = turn

    def reader(_):
        with app.app_context():
            while not is_over.is_set():
                found = [(one.name, one.alias) for one in db.session.scalars(select(Person).order_by(Person.id))]
                faults.extend(name for name, _ in found if not name.startswith(CANARY))
                db.session.rollback()

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(writer, n) for n in range(2)] + [pool.submit(reader, n) for n in range(2)]
        try:
            with app.app_context():
                for _ in range(10):
                    rotate()
        finally:
            is_over.set()
        for one in working:
            one.result()

    last = {one.id: one.alias for one in db.session.scalars(select(Person))}
    assert faults == []
    assert len(written) > 0
    for person_id in {person_id for person_id, _ in written}:
        assert last[person_id] in {f"{n} {turn}" for (one, n), turn in written.items() if one == person_id}
    assert set(old_keys().values()) == {1}


@pytest.mark.on_database("postgresql")  # SQLite lets one transaction write at a time, so none can be on its way.
def test_old_key_stays_while_somebody_is_about_to_use_it(app, sealed, monkeypatch):
    """A writer seals before the rotation and commits in the midst of it."""
    monkeypatch.setattr(rotation, "WAIT_SECONDS", 0.01)
    db.session.rollback()
    has_sealed, is_removing = Event(), Event()

    def writer():
        with app.app_context():
            mail = a_mail(letter="late")
            has_sealed.set()
            assert is_removing.wait(20)
            time.sleep(0.5)  # So that the removal is waiting for this commit, wherever it waits.
            db.session.commit()
            return mail.id

    real = rotation._remove_old_keys

    def remove(done):
        is_removing.set()
        return real(done)

    monkeypatch.setattr(rotation, "_remove_old_keys", remove)
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(writer)
        assert has_sealed.wait(20)
        rotate()
        late = writing.result()

    assert db.session.get(OutboxMail, late).letter == "late"
    assert set(old_keys().values()) == {1}


def test_row_that_opens_by_no_key_keeps_the_old_keys(sealed):
    db.session.execute(text("update person set name_sealed = alias_sealed where id = :id"), {"id": sealed[0][3].id})
    db.session.commit()

    done = rotate()

    assert done.broken == {("person", sealed[0][3].id)}
    assert (done.removed, set(old_keys().values())) == (0, {2})
    assert sealed[0][3].alias == "3"


# The command


@pytest.fixture
def typed(app, monkeypatch):
    """Types the command in a context of its own."""
    monkeypatch.setattr("forum.cli.reader_language", lambda: "en")

    def run(*words):
        db.session.commit()
        return Context().run(app.test_cli_runner().invoke, command_group(lambda: app), [*words])

    return run


def test_command_says_what_it_did_and_which_key_nobody_needs(sealed, typed, app, monkeypatch):
    monkeypatch.setitem(app.config, "MASTER_KEYS", [NEW_KEY, TEST_KEY])
    before, total = said(sealed), len(seals())

    result = typed("rotate-keys")

    assert (result.stdout, result.stderr, result.exit_code) == (
        "2 keys were wrapped anew.\n"
        f"{total} texts were locked anew.\n"
        f"Nothing here needs key 2 of MASTER_KEYS, known as {fingerprint(key_of(TEST_KEY))}, any more. "
        "Keep it as long as you keep backups from before.\n",
        "Rows\n",
        0,
    )
    monkeypatch.setitem(app.config, "MASTER_KEYS", [NEW_KEY])
    assert said(sealed) == before
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.changes) == ("keys.rotate", {"sealed_anew": total})


def test_command_with_master_only_touches_no_row(sealed, typed, app, monkeypatch):
    monkeypatch.setitem(app.config, "MASTER_KEYS", [NEW_KEY, TEST_KEY])
    before = seals()

    result = typed("rotate-keys", "--master-only")

    assert (result.stdout.splitlines()[0], result.exit_code) == ("2 keys were wrapped anew.", 0)
    assert seals() == before
    assert set(db.session.scalars(select(DataKey.master))) == {fingerprint(key_of(NEW_KEY))}


def test_command_tells_of_a_row_that_opens_by_no_key(sealed, typed):
    db.session.execute(text("update person set name_sealed = alias_sealed where id = :id"), {"id": sealed[0][3].id})

    result = typed("rotate-keys")

    assert result.stdout.splitlines()[2:] == [
        f"Row {sealed[0][3].id} of person cannot be opened by any key: it was changed.",
        "The old keys stay until these rows are put in order.",
    ]
    assert result.exit_code == 1


@pytest.mark.parametrize("words", ["rotate-keys", "serve"])
def test_command_refuses_without_the_key_that_the_database_needs(sealed, typed, app, monkeypatch, words):
    monkeypatch.setitem(app.config, "MASTER_KEYS", [NEW_KEY])
    monkeypatch.setitem(app.config, "PORT", free_port())

    result = typed(words)

    assert (result.stderr, result.exit_code) == (
        f"MASTER_KEYS lacks a key that the database needs, known as {fingerprint(key_of(TEST_KEY))}. "
        "Put it back, behind the newer ones; without it what is sealed cannot be read.\n",
        2,
    )


@pytest.mark.parametrize("name", ["MASTER_KEYS", "LOOKUP_KEY"])
def test_command_refuses_what_is_no_key(app, typed, monkeypatch, name):
    monkeypatch.setitem(app.config, name, ["key"] if name == "MASTER_KEYS" else "key")

    result = typed("rotate-keys")

    assert (result.stderr, result.exit_code) == (
        "MASTER_KEYS or LOOKUP_KEY holds what is no key; `openssl rand -base64 32` makes one.\n",
        2,
    )


def test_database_that_is_away_or_empty_is_not_judged(app, tmp_path):
    elsewhere = create_app(config_for(f"sqlite:///{tmp_path / 'empty.sqlite'}"))

    with elsewhere.app_context():
        assert rotation.require_keys() is None


ROTATION = """
import wsgi
from forum import rotation
from forum.db import utcnow

rotation.BATCH = 1
with wsgi.app.app_context():
    rotation.rotate(at=utcnow(), step=lambda rows: print(rows, flush=True))
"""


def test_rotation_killed_again_and_again_loses_nothing(app, sealed):
    """In a process of its own, ended by SIGKILL at one row and then at another."""
    before = said(sealed)
    db.session.rollback()
    environment = settings_for(
        app.config["SQLALCHEMY_DATABASE_URI"], MASTER_KEYS=TEST_KEY, LOOKUP_KEY=app.config["LOOKUP_KEY"]
    )
    for row in (1, 6, 15):
        process = subprocess.Popen(
            [sys.executable, "-c", ROTATION], env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        with process:
            for _ in range(row):
                assert process.stdout.readline() == "1\n"
            process.kill()
        assert said(sealed) == before
        assert max(len(keys) for keys in generations().values()) == 2

    done = rotate()

    assert said(sealed) == before
    assert set(old_keys().values()) == {1}
    assert done.sealed_anew < len(seals())


# Settings


@pytest.fixture
def instance(tmp_path, monkeypatch):
    """An empty folder for what an installation keeps."""
    monkeypatch.setattr(config_module, "INSTANCE", tmp_path / "instance")
    return tmp_path / "instance"


def test_keys_of_this_machine_alone_are_made_once_for_their_owner_alone(instance):
    old = os.umask(0)
    try:
        first, second = Config.from_environ({}), Config.from_environ({"HOST": "::1"})
    finally:
        os.umask(old)

    files = {one.name: stat.S_IMODE(one.stat().st_mode) for one in instance.iterdir()}
    assert files == {"secret-key": 0o600, "master-keys": 0o600, "lookup-key": 0o600}
    assert len({first.SECRET_KEY, *first.MASTER_KEYS, first.LOOKUP_KEY}) == 3
    assert [len(key_of(one)) for one in (*first.MASTER_KEYS, first.LOOKUP_KEY)] == [32, 32]
    assert (first.SECRET_KEY, first.MASTER_KEYS, first.LOOKUP_KEY) == (
        second.SECRET_KEY,
        second.MASTER_KEYS,
        second.LOOKUP_KEY,
    )


def test_keys_that_are_given_are_taken_and_none_is_made(instance):
    given_keys = {"SECRET_KEY": "x", "MASTER_KEYS": f"{NEW_KEY}, {TEST_KEY}", "LOOKUP_KEY": TEST_KEY}

    found = Config.from_environ({**given_keys, "DATABASE_URL": "sqlite://", "PUBLIC_URL": "https://a.example"})

    assert (found.MASTER_KEYS, found.LOOKUP_KEY) == ([NEW_KEY, TEST_KEY], TEST_KEY)
    assert not instance.exists()


@pytest.mark.parametrize(
    ("others", "missing"),
    [
        ({"PUBLIC_URL": "https://a.example"}, "SECRET_KEY and MASTER_KEYS and LOOKUP_KEY"),
        ({"HOST": "0.0.0.0"}, "SECRET_KEY and MASTER_KEYS and LOOKUP_KEY"),
        ({"HOST": "::", "SECRET_KEY": "x", "LOOKUP_KEY": TEST_KEY}, "MASTER_KEYS"),
        ({"HOST": "192.0.2.1", "SECRET_KEY": "x", "MASTER_KEYS": TEST_KEY}, "LOOKUP_KEY"),
        ({"PUBLIC_URL": "http://127.0.0.1", "MASTER_KEYS": TEST_KEY, "LOOKUP_KEY": TEST_KEY}, "SECRET_KEY"),
        ({"TRUSTED_HOSTS": "localhost, a.example", "SECRET_KEY": "x", "LOOKUP_KEY": TEST_KEY}, "MASTER_KEYS"),
        ({"PROXY_HOPS": "1", "SECRET_KEY": "x", "LOOKUP_KEY": TEST_KEY}, "MASTER_KEYS"),
        ({"HOST": "::", "SECRET_KEY": "x", "LOOKUP_KEY": TEST_KEY, "MASTER_KEYS": " , "}, "MASTER_KEYS"),
    ],
)
def test_site_for_others_makes_no_keys_of_its_own(instance, others, missing):
    with pytest.raises(ValueError) as refusal:
        Config.from_environ({**others, "DATABASE_URL": "sqlite://"})

    assert str(refusal.value) == (
        f"{missing} must be set where PUBLIC_URL, HOST, TRUSTED_HOSTS or PROXY_HOPS let others in; "
        "`openssl rand -base64 32` makes a key. Keep a copy of it apart from the database's backups."
    )
    assert not instance.exists()


def test_site_for_others_without_keys_does_not_start(tmp_path):
    environment = settings_for(
        f"sqlite:///{tmp_path / 'a.sqlite'}", PUBLIC_URL="https://forum.example.org", MASTER_KEYS="", LOOKUP_KEY=""
    )

    ended = subprocess.run([command(), "serve"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        "Jukwaa cannot start: MASTER_KEYS and LOOKUP_KEY must be set where PUBLIC_URL, HOST, TRUSTED_HOSTS or "
        "PROXY_HOPS let others in; "
        "`openssl rand -base64 32` makes a key. Keep a copy of it apart from the database's backups.\n"
    )


def test_count_of_rows_is_of_all_tables_with_sealed_columns(sealed):
    counts = [db.session.scalar(select(func.count()).select_from(model)) for model, _ in encrypted_columns()]

    assert sum(counts) == rotation.rows_to_look_at()
