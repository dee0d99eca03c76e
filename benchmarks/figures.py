"""Figures for people: tables, spreads, bars reached or not."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from statistics import median

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """Samples by their lowest, middle and highest."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, samples: Sequence[float]) -> Spread:
        """The spread of at least one sample."""
        return cls(min(samples), median(samples), max(samples))

    def show(self, digits: int = 2) -> str:
        """`1.12 (1.10-1.19)`."""
        return f"{self.middle:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def as_installed() -> dict[str, str]:
    """An environment in which programs keep their bytecode, as pip writes it for those that it installs.

    Without it a checkout would be compiled anew by every process, and a peer's packages would not.
    """
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints a table: the first column to the left, figures to the right."""
    cells = [list(heads), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    print(f"\n{title}")
    for number, row in enumerate(cells):
        words = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  ".join(words).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def bar(what: str, *, reached: bool) -> None:
    """Prints whether a bar was reached."""
    print(f"{'reached' if reached else 'NOT REACHED'}: {what}")


def machine() -> str:
    """What the figures were measured on, in one line."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return (
        f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores, load {load:.1f} at the start"
    )
