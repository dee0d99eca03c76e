"""How long a list that failed for a passing reason is left alone before it is taken up again where it stopped. Pure."""

from __future__ import annotations

PATIENCE = 5  # so often a list is taken up again without getting any further
REST = 30.0  # seconds; the longest pause that we choose ourselves


def rest(asked: float | None, failures: int, longest: float) -> float | None:
    """Seconds of the pause; None to give up.

    Args:
        asked: seconds for which the vendor asked to be left alone; None if it did not.
        failures: in a row, this one included, without getting any further.
        longest: seconds for which it may ask.
    """
    asked = asked or 0.0
    if failures > PATIENCE or asked > longest:
        return None
    return max(asked, min(REST, 2.0**failures))


__all__ = ["PATIENCE", "REST", "rest"]
