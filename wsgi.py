"""The application for a WSGI server (`wsgi:app`) and the `jukwaa` command."""

from config import Config
from forum import create_app
from forum.cli import command_group

app = create_app(Config.from_environ())
main = command_group(lambda: app)
