"""Settings are documented, read from the environment alone, and refused in one sentence."""

import re
from pathlib import Path

import pytest

from config import Config

ROOT = Path(__file__).parents[2]


def test_every_setting_is_documented_with_its_default():
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    names = {"DATABASE_URL" if n == "SQLALCHEMY_DATABASE_URI" else n for n in Config.__dataclass_fields__}

    assert documented == names


def test_settings_alone_read_the_environment():
    readers = [path for path in (ROOT / "forum").rglob("*.py") if re.search(r"os\.(environ|getenv)", path.read_text())]

    assert readers == []


def test_number_that_is_none_is_refused_by_name():
    with pytest.raises(ValueError, match="PORT must be a number, not 'eight'"):
        Config.from_environ({"PORT": "eight", "SECRET_KEY": "x"})


@pytest.mark.parametrize(
    "address", ["forum.example.org", "ftp://forum.example.org", "https://", "https://a.example/en"]
)
def test_public_url_that_is_none_is_refused(address):
    with pytest.raises(ValueError, match=r"PUBLIC_URL must be like https://forum\.example\.org, not "):
        Config.from_environ({"PUBLIC_URL": address, "SECRET_KEY": "x"})


@pytest.mark.parametrize("address", ["mail.example.org", "http://user:secret@host", "smtp:/host"])
def test_mail_server_that_is_none_is_refused_without_its_password(address):
    with pytest.raises(ValueError) as refusal:
        Config.from_environ({"SMTP_URL": address, "SECRET_KEY": "x"})

    assert str(refusal.value) == "SMTP_URL must begin with smtps://, smtp:// or smtp+plain://"


def test_environment_is_read_by_kind():
    config = Config.from_environ(
        {
            "SECRET_KEY": "x",
            "MASTER_KEYS": "new, old",
            "LOOKUP_KEY": "y",
            "PORT": "9000",
            "FRESHNESS_SECONDS": "0.5",
            "TRUSTED_HOSTS": "a.example, b.example",
            "DATABASE_URL": "postgresql://u@h/d",
            "PUBLIC_URL": "https://a.example/",
        }
    )

    assert config.MASTER_KEYS == ["new", "old"]
    assert (config.PORT, config.FRESHNESS_SECONDS) == (9000, 0.5)
    assert config.TRUSTED_HOSTS == ["a.example", "b.example"]
    assert config.SQLALCHEMY_DATABASE_URI == "postgresql+psycopg://u@h/d"
    assert config.PUBLIC_URL == "https://a.example"
