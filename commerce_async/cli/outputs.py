"""Standard output and error that fail: a reader that went away, as behind `| head`, or a disk that is full.

The run then ends in order, as after SIGTERM: without a word if nobody reads, and else in one line.
"""

from __future__ import annotations

import io
import os
import signal
import sys
from contextlib import suppress
from typing import Any, Final

from commerce_async.cli.codes import Exit

_BROKEN_PIPE: Final = 141  # a shell's own code for a program that SIGPIPE ended


class _Output(io.FileIO):
    """A file descriptor that writes to nowhere once it has failed."""

    failure: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Writes, or ends the run."""
        try:
            return super().write(data)
        except OSError as error:
            _Output.failure = _Output.failure or error
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:  # no run is under way
            raise SystemExit(end_of_output())
        signal.raise_signal(signal.SIGTERM)
        return memoryview(data).nbytes


def watch_outputs() -> None:
    """Makes both outputs such ones, where they are no terminal."""
    for name in ("stdout", "stderr"):
        given = getattr(sys, name)
        if isinstance(given, io.TextIOWrapper) and not given.isatty():
            given.flush()
            file = io.BufferedWriter(_Output(given.fileno(), "wb", closefd=False))
            text = io.TextIOWrapper(file, given.encoding, given.errors, line_buffering=given.line_buffering)
            setattr(sys, name, text)


def failed_output() -> OSError | None:
    """Why one of them has failed."""
    return _Output.failure


def end_of_output() -> int:
    """The exit code of a run whose output has failed, which is said if somebody may read it."""
    failure = _Output.failure
    if failure is None or isinstance(failure, BrokenPipeError):
        return _BROKEN_PIPE
    with suppress(OSError, SystemExit):  # where both lead to one place, there is none left to say it
        print(f"Error: the output cannot be written: {failure.strerror}", file=sys.stderr, flush=True)
    return Exit.DATABASE
