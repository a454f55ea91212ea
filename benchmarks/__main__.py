"""`python -m benchmarks [NAME ...]`: all figures, or those named; exit status 1 where a target is missed."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from benchmarks import front, importing, rates, render, sign_in, slow, start, visit
from benchmarks.figures import Figure, table
from benchmarks.load import has_wrk
from benchmarks.place import Place
from benchmarks.quiet import Patience

MEASURED: dict[str, Callable[[Place], Iterator[Figure]]] = {
    "visit": visit.measure,
    "render": render.measure,
    "start": start.measure,
    "import": importing.measure,
    "rates": rates.measure,
    "front": front.measure,
    "slow": slow.measure,
    "sign-in": sign_in.measure,
}


@click.command()
@click.option("--patience", default=60.0, help="Seconds to wait, in all, for quiet moments.", show_default=True)
@click.argument("names", nargs=-1, type=click.Choice(list(MEASURED)))
def main(patience: float, names: tuple[str, ...]) -> None:
    """Measure Jukwaa against its targets; all of them, or those named."""
    click.echo(machine())
    if not has_wrk():
        click.echo("wrk is not installed: the load comes from a slower client of our own, which flatters our ratios.")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="jukwaa-bench-") as folder:
        place = Place(Path(folder), Patience(patience))
        for name in names or MEASURED:
            click.echo(f"{name} …", err=True)
            for figure in MEASURED[name](place):
                click.echo("  " + "  ".join(cell for cell in figure.cells if cell), err=True)
                figures.append(figure)
    click.echo(table(figures))
    if place.patience.seconds <= 0:
        click.echo("The machine was busy with other things beyond our patience: on an idle one we are better.")
    missed = [figure.what for figure in figures if figure.is_missed]
    if missed:
        click.echo(f"Missed: {'; '.join(missed)}.")
    sys.exit(1 if missed else 0)


def machine() -> str:
    """What these figures were taken on."""
    model = next(
        (line.partition(":")[2].strip() for line in _cpuinfo().splitlines() if line.startswith("model name")),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    libraries = ", ".join(f"{name} {version(name)}" for name in ("granian", "Flask", "SQLAlchemy", "brotli"))
    return (
        f"{datetime.now(UTC).date().isoformat()}: {os.cpu_count()} × {model}, {memory:.0f} GB, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, {libraries}; load {os.getloadavg()[0]:.1f}"
    )


def _cpuinfo() -> str:
    known = Path("/proc/cpuinfo")
    return known.read_text() if known.exists() else ""


if __name__ == "__main__":
    main()
