"""`jukwaa import-schedule` as it is typed: what it says, how it ends, and what it leaves in the database."""

import resource
import signal
import subprocess
import time
import zipfile
from contextvars import Context
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text

from forum.cli import command_group
from forum.db import db
from forum.programme import services
from forum.programme.importing.wording import MOST_LINES
from forum.programme.models import Speaker
from tests.programme.files import bring, c3voc, frab, json_event, xml_event
from tests.rows import all_rows, rows_of
from tests.site.server import ROOT, command, empty_database, jukwaa, settings_for

ADA = '<person id="5">Ada</person>'
NEITHER = "This file is neither frab XML nor c3voc JSON, so nothing was taken from it."
TOO_LARGE = "This file is larger than 32 MB or holds too much to be a programme; nothing was taken from it."
ENTITIES = "This file declares XML entities, which can be used to attack a reader; nothing was taken from it."
NOTHING = "This file holds no session with a title, a day, a start and a length; nothing was taken from it."


@pytest.fixture
def typed(app, monkeypatch):
    """Types the command in a process of its own, as far as contexts and database connections go."""
    monkeypatch.setattr("forum.cli.reader_language", lambda: "en")

    def run(file, *options, edition="umoja-2026"):
        db.session.commit()
        words = ["import-schedule", str(file), "--edition", edition, *options]
        return Context().run(app.test_cli_runner().invoke, command_group(lambda: app), words)

    return run


@pytest.fixture
def written(tmp_path):
    """Writes a file and says where it is."""

    def write(content, name="schedule.xml"):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def at(number, clock, **fields):
    """An event of this id at this time of the first day."""
    return xml_event(
        **{
            "attributes": {"id": str(number)},
            "title": f"Session {number}",
            "date": f"2026-05-12T{clock}:00+02:00",
            "start": clock,
            **fields,
        }
    )


def test_import_says_what_was_taken_left_and_clashes(typed, written):
    file = written(
        frab(
            at(1, "09:00", persons=ADA, track="Rights", type="panel", language="xx"),
            at(2, "09:30", inside="<logo>x.png</logo>"),
            at(3, "09:30", room="Yard", persons=ADA, date="2026-05-12T09:30:00+00:00"),
            at(4, "11:00", title=" "),
            at(5, "11:00", duration="soon"),
            conference="",
        ).replace(b"<day ", b'<day date="2026-05-11"><room name="Attic"/></day><day ')
    )

    result = typed(file, "--create")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "Sessions in the programme: 3.",
        "People in the programme: 1.",
        "New sessions: 3.",
        "New people: 1.",
        "New rooms: 2.",
        "New tracks: 1.",
        "New formats: 1.",
        "Left out: event 4, whose title cannot be read.",
        "Left out: event 5, whose duration cannot be read.",
        "“logo” left out since it has no place here: 1.",
        "Rooms left out since nothing happens in them: 1.",
        "The offset of 1 session contradicts the time zone; the clock time was kept.",
        "The language of 1 session is not known; the main language was taken.",
        "Clash: room Hall has “Session 1” and “Session 2” at once.",
        "Clash: Ada is in “Session 1” and “Session 3” at once.",
        "Release 1 is published.",
    ]
    assert result.stderr.strip() == "Sessions"
    assert rows_of(all_rows())["forum_session"] == 3


def test_second_import_says_that_nothing_differs(typed, written):
    file = written(frab(at(1, "09:00")))
    typed(file, "--create")
    before = all_rows()

    result = typed(file)

    assert result.stdout.splitlines() == [
        "Sessions in the programme: 1.",
        "People in the programme: 0.",
        "Nothing differs from what was there.",
    ]
    assert all_rows() == before


def test_updated_file_says_what_changed(typed, written):
    typed(written(frab(at(1, "09:00"), at(2, "10:00"))), "--create")

    result = typed(written(frab(at(1, "09:15"), at(3, "12:00", persons=ADA))))

    assert result.stdout.splitlines() == [
        "Sessions in the programme: 2.",
        "People in the programme: 1.",
        "New sessions: 1.",
        "New people: 1.",
        "Changed sessions: 1.",
        "Sessions cancelled since the file no longer has them: 1.",
        "Release 2 is published.",
    ]


def test_dry_run_says_the_same_and_writes_nothing(typed, written):
    first, second = written(frab(at(1, "09:00"), at(2, "10:00"))), written(frab(at(1, "09:15"), at(3, "9:30")), "b.xml")
    assert typed(first, "--create", "--dry-run").stdout.splitlines()[-1] == "It would become release 1."
    assert rows_of(all_rows()) == {}
    typed(first, "--create")
    before = all_rows()

    tried = typed(second, "--dry-run").stdout.splitlines()

    assert all_rows() == before
    done = typed(second).stdout.splitlines()
    assert tried == ["Nothing was written: this was a dry run.", *done[:-1], "It would become release 2."]
    assert done[-1] == "Release 2 is published."


def test_unlisted_keeps_people_hidden(typed, written):
    typed(written(frab(at(1, "09:00", persons=ADA))), "--create", "--unlisted")

    assert [(one.name, one.listed_at) for one in db.session.scalars(select(Speaker))] == [("Ada", None)]


def test_long_lists_are_cut_with_a_number(typed, written):
    posters = [at(n, "09:00") for n in range(16)]
    broken = [at(n, "09:00", title="") for n in range(100, 205)]

    lines = typed(written(frab(*posters, *broken)), "--create").stdout.splitlines()

    assert len([line for line in lines if line.startswith("Clash:")]) == MOST_LINES
    assert len([line for line in lines if line.startswith("Left out:")]) == MOST_LINES
    assert [line for line in lines if line.startswith("…")] == ["… and 5 more like these.", "… and 20 more like these."]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("programme.json", frab(xml_event())),
        ("programme.xml", c3voc(json_event())),
        ("programme.pdf", b"\xef\xbb\xbf" + c3voc(json_event())),
        ("programme", frab(xml_event()).decode().replace("utf-8", "utf-16").encode("utf-16")),
    ],
)
def test_format_is_told_by_content(typed, written, name, content):
    result = typed(written(content, name), "--create")

    assert (result.exit_code, rows_of(all_rows())["forum_session"]) == (0, 1)


REFUSED = {
    "empty": (b"", NEITHER),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>", NEITHER),
    "html": (b"<!DOCTYPE html>\n<html><head><title>404</title></head><body>Not found</body></html>", NEITHER),
    "number": (b"42", NEITHER),
    "json of something else": (b'{"events": [{"title": "Water"}]}', NEITHER),
    "deep json": (b'{"schedule":' + b"[" * 100_000 + b"]" * 100_000 + b"}", NEITHER),
    "deep xml": (b"<schedule>" + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</schedule>", TOO_LARGE),
    "two million elements": (b"<schedule>" + b"<a/>" * 2_000_000 + b"</schedule>", TOO_LARGE),
    "broken xml": (
        frab(xml_event()).replace(b"</title><date>", b"<date>"),
        "This file is damaged near line 3, so nothing was taken from it.",
    ),
    "broken json": (
        b'{"schedule":\n {"conference": }}',
        "This file is damaged near line 2, so nothing was taken from it.",
    ),
    "entity bomb": (
        b'<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><schedule>&b;</schedule>',
        ENTITIES,
    ),
    "external entity": (
        b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><schedule><conference><title>&x;</title>'
        b"</conference></schedule>",
        ENTITIES,
    ),
    "no session": (frab(), NOTHING),
    "only garbage": (frab(xml_event(date="x"), xml_event(duration="-1")), NOTHING),
    "no time zone": (
        frab(xml_event(), zone=None),
        "The file does not say in which time zone its times are; name it with --time-zone.",
    ),
    "unknown time zone": (
        frab(xml_event(), zone="Berlin"),
        "“Berlin” is not a time zone; one is written like Africa/Lusaka.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_file_gets_one_sentence_and_leaves_the_database_alone(typed, written, name):
    content, sentence = REFUSED[name]
    bring(frab(at(1, "09:00", persons=ADA)))
    before = all_rows()

    result = typed(written(content, "schedule.xml"), "--create", edition="other-2026")

    assert (result.exit_code, result.stderr, result.stdout) == (2, f"{sentence}\n", "")
    assert all_rows() == before


def test_zip_is_refused(typed, written, tmp_path):
    with zipfile.ZipFile(tmp_path / "schedule.xml", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schedule.xml", frab(xml_event()))

    result = typed(tmp_path / "schedule.xml", "--create")

    assert (result.exit_code, result.stderr) == (2, f"{NEITHER}\n")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("absent.xml", "The file absent.xml cannot be read: No such file or directory."),
        ("folder", "The file folder cannot be read: Is a directory."),
    ],
)
def test_file_that_cannot_be_read_is_refused(typed, tmp_path, name, sentence):
    (tmp_path / "folder").mkdir()

    result = typed(tmp_path / name, "--create")

    assert (result.exit_code, result.stderr, rows_of(all_rows())) == (2, f"{sentence}\n", {})


@pytest.mark.parametrize(
    ("options", "edition", "sentence"),
    [
        ([], "umoja-2026", "There is no edition “umoja-2026”; add --create to make it from the file."),
        (
            ["--create", "--time-zone", "Mars/Base"],
            "umoja-2026",
            "“Mars/Base” is not a time zone; one is written like Africa/Lusaka.",
        ),
        (
            ["--create", "--language", "klingon"],
            "umoja-2026",
            "“klingon” is not a language tag such as en or pt-BR.",
        ),
        (
            ["--create"],
            "Umoja 2026",
            "“Umoja 2026” cannot be an address: use small letters, digits and single hyphens.",
        ),
    ],
)
def test_options_that_lead_nowhere_are_refused(typed, written, options, edition, sentence):
    result = typed(written(frab(xml_event())), *options, edition=edition)

    assert (result.exit_code, result.stderr, rows_of(all_rows())) == (2, f"{sentence}\n", {})


def test_crash_in_the_middle_rolls_everything_back(typed, written, monkeypatch):
    bring(frab(at(1, "09:00")))
    before = all_rows()
    monkeypatch.setattr(services, "publish", lambda **_: 1 / 0)

    result = typed(written(frab(at(1, "10:00"), at(2, "11:00", persons=ADA))))

    assert isinstance(result.exception, ZeroDivisionError)
    assert all_rows() == before


def test_hostile_letters_reach_neither_terminal_nor_database(typed, written):
    file = written(
        c3voc(json_event(title="Red\x1b[31m\x07", guid="a\x1b]0;x\x07"), json_event(guid="b\x1b[2J", title=""))
    )

    result = typed(file, "--create")

    assert "Left out: event b[2J, whose title cannot be read." in result.stdout
    assert "\x1b" not in result.output + str(all_rows())
    assert "\x07" not in result.output


@pytest.fixture
def console(tmp_path):
    """The console command on a database of its own, started as a person starts it."""
    with empty_database("console", tmp_path) as database:
        settings = settings_for(database)
        jukwaa(settings, "migrate")

        def start(*words, changes=(), **options):
            words = [command(), "import-schedule", *words, "--edition", "umoja-2026", "--create"]
            piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            return subprocess.Popen(words, env={**settings, **dict(changes)}, cwd=ROOT, **piped, **options)

        start.database = database
        yield start


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))


def test_file_without_an_end_is_not_read_whole(console, tmp_path):
    large = tmp_path / "large.xml"
    with large.open("wb") as file:
        file.truncate(200_000_000)

    for path in (large, Path("/dev/zero")):
        process = console(path, preexec_fn=little_memory)
        said, refused = process.communicate(timeout=60)
        assert (process.returncode, refused, said) == (2, f"{TOO_LARGE}\n", "")


def test_kill_in_the_middle_leaves_nothing_and_the_next_import_works(console, written):
    file = written(frab(*(xml_event(attributes={"id": str(n)}, abstract="<p>Water</p>" * 20) for n in range(1_500))))
    process = console(file)
    assert process.stderr.readline() == "Sessions\n"
    time.sleep(0.7)  # Into the middle: the whole import takes several times as long.
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)

    assert process.returncode == -signal.SIGKILL
    assert count_of_sessions(console.database) == 0
    again = console(written(frab(xml_event())))
    said, progress = again.communicate(timeout=60)
    assert (again.returncode, said.splitlines()[-1], progress) == (0, "Release 1 is published.", "Sessions\n")
    assert count_of_sessions(console.database) == 1


def test_terminal_without_the_letters_shows_question_marks(console, written):
    twice = [xml_event(attributes={"id": str(n)}, title="Maji — الماء") for n in range(2)]
    process = console(written(frab(*twice)), changes={"PYTHONIOENCODING": "ascii"})
    said, _progress = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "Clash: room Hall has ?Maji ? ?????? and ?Maji ? ?????? at once." in said.splitlines()


def count_of_sessions(database):
    engine = create_engine(database)
    try:
        with engine.connect() as connection:
            return connection.scalar(text("select count(*) from forum_session"))
    finally:
        engine.dispose()
