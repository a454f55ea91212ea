"""How long `jukwaa import-schedule` takes for a programme of 780 events, from the command to its end."""

import os
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from xml.etree.ElementTree import Element, ElementTree, SubElement

from benchmarks.edition import SEED
from benchmarks.figures import Figure, of_rounds
from benchmarks.place import Place
from benchmarks.servers import BIN, ROOT, environment
from benchmarks.writer import Writer

EVENTS = 780
PERSONS = 900
ROOMS = 35
TRACKS = 60
DAYS = 2
ROUNDS = 3
IMPORT_SECONDS = 5.0
REAL = Path(os.environ.get("JUKWAA_TEST_DATA", ROOT.parent / "shared" / "data")) / "fosdem-dev" / "2023.xml"


def measure(place: Place) -> Iterator[Figure]:
    """Seconds into an empty database, for a file of our own and for a real one where it is at hand."""
    own = place.new("schedule.xml")
    write_schedule(own)
    yield of_rounds("import, 780 events of our own", _imports(place, own), "s", at_most=IMPORT_SECONDS)
    if REAL.exists():
        yield of_rounds("import, FOSDEM 2023", _imports(place, REAL), "s", at_most=IMPORT_SECONDS)
    else:
        yield Figure("import, FOSDEM 2023", None, at_most=IMPORT_SECONDS, note="the file is not here")


def _imports(place: Place, file: Path) -> list[float]:
    return [_imported(place, file) for _ in range(ROUNDS)]


def _imported(place: Place, file: Path) -> float:
    database = place.copy_of_empty()
    place.patience.wait()
    command = [
        str(BIN / "jukwaa"), "import-schedule", str(file), "--edition", "imported", "--create",
        "--time-zone", "Europe/Brussels",
    ]  # fmt: skip
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=environment(database), check=True, capture_output=True)
    return time.perf_counter() - started


def write_schedule(path: Path) -> None:
    """A frab file: events under rooms under days, each with a subtitle, markup, one to three persons and links."""
    writer = Writer(Random(SEED))
    root = Element("schedule")
    conference = SubElement(root, "conference")
    for name, value in (
        ("title", "Measured Conference 2031"),
        ("start", "2031-02-01"),
        ("end", "2031-02-02"),
        ("days", str(DAYS)),
        ("time_zone_name", "Europe/Brussels"),
    ):
        SubElement(conference, name).text = value
    tracks = [writer.organisation() for _ in range(TRACKS)]
    persons = [(str(1000 + number), writer.name()) for number in range(PERSONS)]
    a_day = -(-EVENTS // DAYS)
    for index in range(DAYS):
        first = datetime.fromisoformat(f"2031-02-0{index + 1}T09:00:00+01:00")
        day = SubElement(root, "day", index=str(index + 1), date=f"{first:%Y-%m-%d}")
        for number in range(ROOMS):
            room = SubElement(day, "room", name=f"{writer.coined('en')} {number + 1}")
            for turn in range(len(range(number, a_day, ROOMS))):
                event_number = index * a_day + turn * ROOMS + number + 1
                _event(writer, room, event_number, first + timedelta(minutes=40 * turn), tracks, persons)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _event(
    writer: Writer, room: Element, number: int, start: datetime, tracks: list[str], persons: list[tuple[str, str]]
) -> None:
    event = SubElement(room, "event", id=str(10_000 + number))
    paragraphs = [writer.text("en", 40) for _ in range(writer.random.randint(1, 4))]
    for name, value in (
        ("date", start.isoformat()),
        ("start", f"{start:%H:%M}"),
        ("duration", writer.random.choice(("00:20", "00:25", "00:30"))),
        ("room", room.get("name", "")),
        ("title", writer.title("en")),
        ("subtitle", writer.text("en", 6)),
        ("track", writer.random.choice(tracks)),
        ("type", writer.random.choice(("lecture", "lightningtalk", "keynote", "workshop"))),
        ("language", "en"),
        ("abstract", f"<p>{writer.text('en', 60)}</p>"),
        ("description", "".join(f"<p>{one} <em>{writer.coined('en')}</em></p>" for one in paragraphs)),
    ):
        SubElement(event, name).text = value
    cast = SubElement(event, "persons")
    for key, name in writer.random.sample(persons, writer.random.randint(1, 3)):
        SubElement(cast, "person", id=key).text = name
    links = SubElement(event, "links")
    for _ in range(writer.random.randint(0, 2)):
        address = f"https://{writer.coined('en').lower()}.example/{number}"
        SubElement(links, "link", href=address).text = writer.text("en", 3)
