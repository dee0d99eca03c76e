"""How long a list that failed for a passing reason is left alone before it is taken up again where it stopped. Pure."""

from __future__ import annotations

from commerce_async.errors import TemporaryError
from commerce_async.http.retry import Retry

PATIENCE = 5  # so often a list is taken up again without getting any further
REST = 30.0  # seconds; the longest pause that we choose ourselves


def rest(error: TemporaryError, failures: int, retry: Retry) -> float | None:
    """Seconds of the pause; None to give up.

    Args:
        failures: in a row, this one included, without getting any further.
        retry: how long the vendor may ask to be left alone.
    """
    asked = error.retry_after or 0.0
    if failures > PATIENCE or asked > retry.longest:
        return None
    return max(asked, min(REST, 2.0**failures))


__all__ = ["PATIENCE", "REST", "rest"]
