"""Whether a process of this machine is still there, by a mark that tells which one it is. Linux can tell."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_ENDED: Final = ("Z", "X")  # killed, and its parent has not looked yet


def mark() -> str:
    """This process's; empty where it cannot be told. Without a full stop."""
    found = _state(os.getpid())
    return f"{_machine()}-{os.getpid()}-{found[1]}" if found else ""


def lives(mark: str) -> bool | None:
    """Whether the process with that mark is there; None if that cannot be seen from here.

    The number alone would not do: it may be another's by now, so it goes with the time at which the process began.
    """
    try:
        machine, number, begun = mark.split("-")
        pid = int(number)
    except ValueError:
        return None
    if not machine or machine != _machine():
        return None
    found = _state(pid)
    return found is not None and found[1] == begun and found[0] not in _ENDED


def _machine() -> str:
    """Names what numbers its processes: a machine since its start, or a container on it."""
    with suppress(OSError):
        boot = (_PROC / "sys/kernel/random/boot_id").read_text()
        return hashlib.sha256((boot + str((_PROC / "self/ns/pid").readlink())).encode()).hexdigest()[:8]
    return ""


def _state(pid: int) -> tuple[str, str] | None:
    """The process's state and when it began; None if there is none."""
    with suppress(OSError):
        # What is before the last bracket is the program's name, and may hold anything.
        words = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return words[0], words[19]
    return None
