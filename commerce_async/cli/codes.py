"""Exit codes. They are documented in the README; scripts rely on them."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commerce_async.sync import Report


class Exit(IntEnum):
    """How a command ended."""

    COMPLETE = 0
    ERROR = 1  # a fault of this program
    USAGE = 2  # wrong arguments
    PARTIAL = 3  # some stream failed, may have gaps, or has more rows gone than the brake allows
    CONFIGURATION = 4
    AUTHENTICATION = 5  # at least one store did not accept its credentials, or a login did not succeed
    DATABASE = 6
    LOCKED = 7  # another run is at work on the database
    DECLINED = 8  # a person said no, and nothing was written
    INTERRUPTED = 130
    TERMINATED = 143


def of_report(report: Report) -> Exit:
    """The code that a finished run ends with."""
    if any(stream.error_kind == "AuthError" for stream in report.streams):
        return Exit.AUTHENTICATION
    refused = any(stream.gone_refused for stream in report.streams)  # a person has to look at it
    return Exit.COMPLETE if report.complete and not refused else Exit.PARTIAL
