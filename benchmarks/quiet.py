"""Waiting for a quiet moment, since what else runs on a machine costs us more than it costs nginx."""

import time
from dataclasses import dataclass
from pathlib import Path

STAT = Path("/proc/stat")
SAMPLE_SECONDS = 0.25
IDLE_SHARE = 0.9


@dataclass
class Patience:
    """Seconds that may yet be spent on waiting."""

    seconds: float

    def wait(self) -> None:
        """Return as soon as the processors are nine tenths idle, or when the patience is at its end."""
        while self.seconds > 0:
            self.seconds -= SAMPLE_SECONDS
            if idle_share(SAMPLE_SECONDS) >= IDLE_SHARE:
                return


def idle_share(seconds: float) -> float:
    """How much of the processors' time nobody used in the next `seconds`; 1 where this cannot be told."""
    before = _times()
    time.sleep(seconds)
    idle, total = (after - start for after, start in zip(_times(), before, strict=True))
    return idle / total if total else 1.0


def _times() -> tuple[int, int]:
    """Idle and all ticks of all processors since the start of the machine."""
    if not STAT.exists():
        return 0, 0
    ticks = [int(field) for field in STAT.read_text().split("\n", 1)[0].split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)
