"""A bare Flask application under the server and settings of `jukwaa serve`: the yardstick for ours."""

import sys
from functools import cache

from flask import Flask

from benchmarks.servers import WORKERS
from forum.serving import granian_server

app = Flask(__name__)


@app.get("/")
def hello() -> str:
    return "Hello, forum!"


@app.get("/<int:count>")
@cache
def many(count: int) -> bytes:
    """As many bytes as one of our pages has."""
    return bytes(count)


if __name__ == "__main__":
    granian_server("benchmarks.hello:app", address="127.0.0.1", port=int(sys.argv[1]), workers=WORKERS).serve()
