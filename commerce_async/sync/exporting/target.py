"""Where an export goes: a file that gets its name only once it is whole, or standard output."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self, TypeVar

from commerce_async.errors import SinkError, UsageError

T = TypeVar("T")

STDOUT: Final = "-"


class Target:
    """Use it as `with Target("products.csv") as target:`; without `commit`, nothing is left of it.

    A process that is killed leaves its unfinished file beside, as `.products.csv.<letters>.part`.

    Args:
        to: a path, or `-`.
        binary: not for a terminal.

    Raises:
        UsageError: nothing can be written there.
    """

    def __init__(self, to: str, *, binary: bool) -> None:
        self._to = to
        self._path = None if to == STDOUT else Path(to)
        self._part: Path | None = None
        if self._path is None and binary and sys.stdout.isatty():
            raise UsageError("to: this format is not for a terminal; name a file, or lead the output into one")

    def __enter__(self) -> Self:
        self.file: BinaryIO = os.fdopen(os.dup(1), "wb") if self._path is None else self._opened(self._path)
        return self

    def _opened(self, path: Path) -> BinaryIO:
        try:
            final = path.resolve()  # behind a link, the file it names is replaced, not the link
            if final.exists() and not stat.S_ISREG(final.stat().st_mode):
                raise UsageError(f"to: {path}: there is something of that name that is not a file")
            self._path = final
            self._part = final.with_name(f".{final.name[:200]}.{secrets.token_hex(4)}.part")
            return self._part.open("xb")
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            words = error.strerror if isinstance(error, OSError) else str(error)
            raise UsageError(f"to: {path}: cannot write there: {words}") from None

    def guarded(self, work: Callable[[], T]) -> T:
        """Runs work that writes to the file.

        Raises:
            SinkError: it cannot be written.
        """
        try:
            return work()
        except BrokenPipeError:
            raise SinkError("standard output was closed before the end") from None
        except OSError as error:
            raise SinkError(f"{self._to}: {error.strerror or error}; the export is not complete") from None

    def commit(self) -> int:
        """Makes it last, and gives it its name; its size in bytes.

        Raises:
            SinkError: it cannot be.
        """
        return self.guarded(self._commit)

    def _commit(self) -> int:
        self.file.flush()
        if self._path is None or self._part is None:
            return 0
        os.fsync(self.file.fileno())
        size = self.file.tell()
        self.file.close()
        self._part.replace(self._path)
        self._part = None
        return size

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # the error that led here tells more
            self.file.close()
        if self._part is not None:
            with suppress(OSError):
                self._part.unlink()


__all__ = ["STDOUT", "Target"]
