"""Whether an answer to an earlier try of the same call may have been lost."""

from __future__ import annotations

from commerce_async.http.trace import Event


class Doubt:
    """A hook that watches one call: might a try before the last have been carried out, though its answer was lost?

    "Not found" after such a try is the success of the first: a second DELETE finds nothing to delete.
    """

    def __init__(self) -> None:
        self._on_wire = 0  # aiohttp's own re-sends are among them
        self._throttled = 0

    def __call__(self, event: Event) -> None:
        self._on_wire = max(self._on_wire, event.attempt)
        self._throttled += event.kind == "throttle"

    @property
    def sent(self) -> bool:
        """Whether any try went out and was not throttled."""
        return self._on_wire > self._throttled

    def __bool__(self) -> bool:
        return self._on_wire - self._throttled > 1
