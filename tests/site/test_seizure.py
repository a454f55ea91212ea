"""As if the server were seized: nothing on its disk, but the folder that stands for the mail server, names anybody."""

import http.client
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import create_engine, text, update
from sqlalchemy.engine import make_url

from forum.accounts.models import SignIn
from forum.db import db, utcnow
from tests import make
from tests.site.mailbox import inside, last_letter
from tests.site.server import Site, empty_database, jukwaa, running, settings_for

NAME, ALIAS = "Kanarienne Vogel", "Piepmatz"
ADDRESS, SECOND, INVITED = "kanari-one@example.org", "kanari-two@example.org", "kanari-three@example.org"
CANARIES = (NAME, ALIAS, "Kanarienne", "kanari-one", "kanari-two", "kanari-three", "Vogelfutter")


class Reader:
    """A browser without JavaScript, as small as it can be: cookies, and forms sent as they stand."""

    def __init__(self, site: Site) -> None:
        self.site, self.cookie, self.page = site, "", ""

    def ask(self, path: str, form: dict[str, str] | None = None) -> int:
        """Get a page, or send the form of the page before with these fields; the status at the end of redirects."""
        connection = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=20)
        headers = {"Cookie": self.cookie} if self.cookie else {}
        if form is None:
            connection.request("GET", path, headers=headers)
        else:
            hidden = dict(re.findall(r'name="(csrf_token|opened)"[^>]*value="([^"]*)"', self.page))
            body = urlencode({**hidden, **form})
            connection.request("POST", path, body, {**headers, "Content-Type": "application/x-www-form-urlencoded"})
        answer = connection.getresponse()
        self.page = answer.read().decode()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                self.cookie = value.partition(";")[0]
        connection.close()
        if answer.status in (302, 303):
            return self.ask(str(answer.getheader("Location")))
        return answer.status

    def sign_in(self, address: str) -> None:
        assert self.ask("/en/sign-in") == 200
        assert self.ask("/en/sign-in", {"email": address}) == 200
        path = last_letter(self.site, address).url.partition("/en/")[2]
        assert self.ask(f"/en/{path}") == 200
        assert self.ask(f"/en/{path}", {}) == 200


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site with an edition, its log at its most talkative."""
    with empty_database("seized", tmp_path) as database:
        settings = settings_for(database, LOG_LEVEL="DEBUG")
        jukwaa(settings, "migrate")
        with running(settings, tmp_path) as site:
            yield site


def lived_in(site: Site) -> None:
    """Somebody signs in, says who they are, adds an address, invites somebody, and reads what is held about them."""
    with inside(site):
        slug = make.an_edition().slug
    jukwaa(site.settings, "grant", "organiser", ADDRESS, "--edition", slug)
    reader = Reader(site)
    reader.sign_in(ADDRESS)
    assert reader.ask("/en/account/profile") == 200
    profile = {"name": NAME, "alias": ALIAS, "language": "en", "time_zone": "UTC"}
    assert reader.ask("/en/account/profile", profile) == 200
    assert NAME in reader.page
    assert reader.ask("/en/account/addresses/") == 200
    assert reader.ask("/en/account/addresses/", {"email": SECOND}) == 200
    pass_second_factor(site)
    people = f"/en/{slug}/manage/people/"
    assert reader.ask(people) == 200
    invitation = {"email": INVITED, "role": "reviewer", "language": "", "mail_language": "fr"}
    assert reader.ask(f"{people}invite", invitation) == 200
    assert INVITED in reader.page
    assert reader.ask("/en/account/data") == 200
    assert NAME in reader.page
    reader.ask("/en/Vogelfutter/nothing")
    jukwaa(site.settings, "worker", "--once")
    reader.ask("/en/sign-in?email=kanari-one@example.org")
    unknown = Reader(site)
    unknown.ask("/en/sign-in")
    unknown.ask("/en/sign-in", {"email": f"Vogelfutter {ADDRESS}"})


def pass_second_factor(site: Site) -> None:
    """As if an authenticator had been shown: how it is shown has its own tests."""
    with inside(site):
        db.session.execute(update(SignIn).values(second_factor_at=utcnow()))


def seized(site: Site, folder: Path) -> dict[str, bytes]:
    """Everything on the disk by its name: database, write-ahead log, the server's log, the worker's queue."""
    jobs = Path(site.settings["JOBS_URL"])
    found = {
        path.name: path.read_bytes() for path in [*folder.rglob("*"), *jobs.parent.glob("jobs*")] if path.is_file()
    }
    url = make_url(site.settings["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1))
    if url.get_backend_name() == "postgresql":
        engine = create_engine(url)
        with engine.connect() as connection:
            names = connection.scalars(text("select tablename from pg_tables where schemaname = 'public'")).all()
            for name in names:
                rows = connection.scalars(text(f'select t::text from "{name}" t')).all()
                found[f"table {name}"] = "\n".join(rows).encode()
        engine.dispose()
    return found


def forms_of(canary: str) -> list[bytes]:
    """How a word can lie on a disk: as it is, in small letters, as hexadecimal digits, as UTF-16."""
    return [canary.encode(), canary.lower().encode(), canary.encode().hex().encode(), canary.encode("utf-16-le")]


def test_seized_disk_names_nobody(site, tmp_path):
    lived_in(site)

    disk = seized(site, tmp_path)

    assert len(disk) >= 3
    hits = {
        f"{canary} in {name}"
        for name, content in disk.items()
        for canary in CANARIES
        for form in forms_of(canary)
        if form in content
    }
    assert hits == set()


def test_search_of_the_disk_finds_what_is_there(site, tmp_path):
    """The test above can fail: what is written in clear is found in the database and in the log."""
    with inside(site):
        address = make.a_person().addresses[0]
        address.refusal = "Vogelfutter"

    disk = seized(site, tmp_path)

    assert any(b"Vogelfutter" in content for content in disk.values())
