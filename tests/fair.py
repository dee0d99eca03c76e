"""Time as an idle machine would have measured it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path


class Stopwatch:
    """Counts the seconds, but for those in which a process here was ready to run and others had the processor.

    Only Linux tells them; elsewhere all seconds count.
    """

    def __init__(self, *others: int) -> None:
        """Starts it.

        Args:
            others: ids of the processes that are waited for, beside this one.
        """
        self._processes = (os.getpid(), *others)
        self._begun, self._held_up = time.monotonic(), self._delays()

    def seconds(self) -> float:
        """Those until now."""
        held_up = sum(max(0.0, now - before) for now, before in zip(self._delays(), self._held_up, strict=True))
        return time.monotonic() - self._begun - held_up

    def _delays(self) -> list[float]:
        return [_delay(process) for process in self._processes]


def _delay(process: int) -> float:
    found = 0.0
    for thread in Path(f"/proc/{process}/task").glob("*/schedstat"):
        with suppress(OSError):  # it has just ended
            found += int(thread.read_text().split()[1]) / 1e9
    return found
