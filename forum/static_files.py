"""Static files under names that carry their content's hash, so that a browser keeps them for ever."""

import hashlib
import re
import shutil
from functools import cache
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

PREFIX = "static/"
_HASHED = re.compile(r"^.+\.[0-9a-f]{12}\.[a-z0-9]+$")


def hashed_name(name: str, content: bytes) -> str:
    """`site.css` with the first twelve digits of the SHA-256 of its content: `site.0a1b2c3d4e5f.css`."""
    stem, dot, suffix = name.rpartition(".")
    return f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}{dot}{suffix}"


def build(source: Path, target: Path) -> dict[str, str]:
    """Copy the files of `source` to `target` under hashed names, gzip and Brotli beside them; those names by name."""
    target.mkdir(parents=True, exist_ok=True)
    names = {}
    compressor = Compressor(quiet=True)
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        name = str(file.relative_to(source))
        hashed = hashed_name(name, file.read_bytes())
        names[name] = hashed
        kept = target / hashed
        if not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            unfinished = kept.with_suffix(f".{id(kept)}.part")
            shutil.copyfile(file, unfinished)
            unfinished.replace(kept)
            if compressor.should_compress(hashed):
                for _ in compressor.compress(str(kept)):
                    pass
    return names


def install(app: Flask, source: Path) -> None:
    """Serve `source` and give templates `asset(name)`, the address of a file in it."""
    target = Path(app.config.get("STATIC_BUILD") or source.parent / "build" / "static")
    names = build(source, target)

    @cache
    def asset(name: str) -> str:
        return f"/{PREFIX}{names[name]}"

    app.extensions["asset"] = asset
    app.extensions["static_target"] = target
    app.jinja_env.globals["asset"] = asset
    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(target),
        prefix=PREFIX,
        immutable_file_test=lambda path, url: bool(_HASHED.match(url)),
        add_headers_function=_headers,
        allow_all_origins=False,
    )


def _headers(headers: dict[str, str], path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
