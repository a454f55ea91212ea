"""The application for a WSGI server (`wsgi:app`) and the `jukwaa` command."""

from config import Config
from forum import create_app
from forum.cli import command_group

try:
    config = Config.from_environ()
except ValueError as fault:
    raise SystemExit(f"Jukwaa cannot start: {fault}") from None

app = create_app(config)
main = command_group(lambda: app)
