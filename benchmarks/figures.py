"""Figures beside their targets, and the table of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One thing measured. Without a target it is only shown; without a value it could not be measured."""

    what: str
    value: float | None
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""
    """The range over the rounds, or why there is no value."""

    @property
    def is_missed(self) -> bool:
        """Whether the target was measured and not met."""
        return self.value is not None and (
            (self.at_least is not None and self.value < self.at_least)
            or (self.at_most is not None and self.value > self.at_most)
        )

    @property
    def verdict(self) -> str:
        if self.at_least is None and self.at_most is None:
            return ""
        if self.value is None:
            return "not measured"
        return "MISSED" if self.is_missed else "met"

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The row of the table: what, figure, target, whether met, note."""
        target = ""
        if self.at_least is not None:
            target = f"≥ {written(self.at_least, self.unit)}"
        if self.at_most is not None:
            target = f"≤ {written(self.at_most, self.unit)}"
        value = "–" if self.value is None else written(self.value, self.unit)
        return (self.what, value, target, self.verdict, self.note)


HEADINGS = ("figure", "measured", "target", "", "range or note")


def written(value: float, unit: str) -> str:
    """A number with as many digits as it is worth, and its unit."""
    digits = 0 if value == int(value) or value >= 1000 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}{' ' + unit if unit else ''}"


def table(figures: Iterable[Figure]) -> str:
    """The figures as text in columns."""
    rows = [HEADINGS, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def alternately(
    rounds: int, measured: Mapping[str, Callable[[], float]], *, before_each: Callable[[], None]
) -> dict[str, list[float]]:
    """What each of `measured` gives, one after the other in every round: what slows the machine slows them all."""
    taken: dict[str, list[float]] = {name: [] for name in measured}
    for _ in range(rounds):
        for name, measure in measured.items():
            before_each()
            taken[name].append(measure())
    return taken


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Ours to theirs, round by round."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


def spread(values: Sequence[float], unit: str = "") -> str:
    """The smallest and the largest."""
    return f"{written(min(values), '')}–{written(max(values), unit)}"


def of_rounds(
    what: str,
    values: Sequence[float],
    unit: str = "",
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Figure:
    """The median of the rounds, with their range."""
    return Figure(what, median(values), unit, at_least=at_least, at_most=at_most, note=spread(values, unit))
