"""Calendar programs as readers of a calendar: each gives the same plain rows, or the test is skipped for want of it."""

import json
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from tests.conftest import absent

NODE_MODULES = Path(__file__).parents[2] / "build" / "node" / "node_modules"


class Read(NamedTuple):
    """An event as a calendar program understood it; moments in UTC."""

    uid: str
    start: str
    end: str
    summary: str
    description: str
    location: str


def in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def by_icalendar(content: bytes, folder: Path) -> list[Read]:
    """The library we write with, reading."""
    from icalendar import Calendar

    calendar = Calendar.from_ical(content)
    assert calendar.errors == []
    return [
        Read(
            str(event["uid"]),
            in_utc(event.start),
            in_utc(event.end),
            str(event["summary"]),
            str(event["description"]),
            str(event["location"]),
        )
        for event in calendar.events
    ]


def by_vobject(content: bytes, folder: Path) -> list[Read]:
    """vobject, which believes the VTIMEZONE and knows no zone by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import vobject

        calendar = vobject.readOne(content.decode())
        return [
            Read(
                event.uid.value,
                in_utc(event.dtstart.value),
                in_utc(event.dtend.value),
                event.summary.value,
                event.description.value,
                event.location.value,
            )
            for event in calendar.vevent_list
        ]


def by_khal(content: bytes, folder: Path) -> list[Read]:
    """khal, a calendar of the command line."""
    khal = Path(sys.executable).with_name("khal")
    if not khal.exists():
        absent("khal")
    (folder / "calendar").mkdir()
    (folder / "given.ics").write_bytes(content)
    (folder / "config").write_text(
        f"[calendars]\n[[one]]\npath = {folder / 'calendar'}\n"
        "[locale]\nlocal_timezone = UTC\ndefault_timezone = UTC\ntimeformat = %H:%M\ndateformat = %Y-%m-%d\n"
        "longdateformat = %Y-%m-%d\ndatetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"
        f"[sqlite]\npath = {folder / 'khal.db'}\n"
    )

    def run(*arguments: str) -> str:
        return subprocess.run(
            [khal, "-c", folder / "config", *arguments],
            env={**os.environ, "HOME": str(folder), "XDG_CACHE_HOME": str(folder), "LC_ALL": "C.UTF-8"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout

    run("import", "--batch", "-a", "one", str(folder / "given.ics"))
    fields = ("uid", "start-long", "end-long", "title", "description", "location")
    wanted = [part for field in fields for part in ("--json", field)]
    days = run("list", "--once", *wanted, "2026-01-01", "365d").splitlines()
    rows = [row for day in days for row in json.loads(day)]
    return [Read(*(row[field] for field in fields)) for row in rows]


SCRIPT = """
const ICAL = require("ical.js").default ?? require("ical.js");
let text = require("node:fs").readFileSync(0, "utf8");
const calendar = new ICAL.Component(ICAL.parse(text));
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
console.log(JSON.stringify(calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  const utc = (time) => new Date(time.toUnixTime() * 1000).toISOString().slice(0, 16).replace("T", " ");
  return [event.uid, utc(event.startDate), utc(event.endDate), event.summary, event.description, event.location];
})));
"""


def by_ical_js(content: bytes, folder: Path) -> list[Read]:
    """The parser of Thunderbird, with the VTIMEZONE of the file alone."""
    if not shutil.which("node"):
        absent("node")
    if not (NODE_MODULES / "ical.js").is_dir():
        absent("ical.js (npm install --prefix build/node ical.js)")
    done = subprocess.run(
        ["node", "-e", SCRIPT],
        cwd=NODE_MODULES.parent,
        input=content,
        capture_output=True,
        check=True,
    )
    return [Read(*row) for row in json.loads(done.stdout)]


READERS: dict[str, Callable[[bytes, Path], list[Read]]] = {
    "icalendar": by_icalendar,
    "vobject": by_vobject,
    "khal": by_khal,
    "ical.js": by_ical_js,
}
