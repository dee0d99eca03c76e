"""The limiter of one account in many processes: the in-process one, with permits from a board they all look at."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import Protocol

import anyio
import msgspec

from commerce_async.clock import Clock
from commerce_async.errors import NetworkError
from commerce_async.limits.base import Shareable
from commerce_async.limits.limiter import Limiter
from commerce_async.limits.shared.account import Account
from commerce_async.limits.shared.share import Draft, Share, Timing

log = logging.getLogger("commerce_async.limits")

# A board that takes longer to answer is taken for lost.
_PATIENCE = 2.0
# Then it is asked again so often.
_RETRY = 0.5
# For the first contact: a process that knows nothing of the others does nothing.
_FIRST = 10.0
# To tell at the end what is still to tell.
_FAREWELL = 2.0


class Answer(msgspec.Struct, frozen=True):
    """What a board said.

    Attributes:
        time: the board's, in seconds.
        token: names the state that is on it now; empty if there is none.
        saved: that state; None if there is none, or if it is the one that was just written.
        written: it is the one that was just written.
    """

    time: float
    token: str
    saved: bytes | None
    written: bool


class Refused(Exception):
    """The board answered, and did nothing: it is full, say, or must not be written on now. Its text is what to log."""


class Board(Protocol):
    """Where the state of one account is written down for all of its members."""

    @property
    def where(self) -> str:
        """Its place, for people; no secret in it."""
        ...

    async def join(self, wake: Callable[[], None]) -> str:
        """Another member; returns its name. `wake` is called when it should look."""
        ...

    async def look(self) -> Answer:
        """What is on it."""
        ...

    async def write(self, before: str, draft: Draft) -> Answer:
        """Puts a draft in the place of the state with that token, if that is the one there, and wakes others.

        Raises:
            Refused: it did not, for another reason.
        """
        ...

    def lives(self, member: str) -> bool | None:
        """Whether a member that is not heard of is still there; None if that cannot be seen from here."""
        ...

    async def leave(self) -> None:
        """The member goes."""
        ...


class SharedLimiter(Limiter):
    """Hands out permits as `Limiter`, so that all members together keep to the policy.

    Args:
        policy: when the next call may go, as new.
        board: where members meet.
        store: for messages.
        rate: calls per second that all members together never exceed, whatever the policy allows.
        clock: the time; the running loop's by default.
    """

    def __init__(
        self, policy: Shareable, board: Board, *, store: str, rate: float | None = None, clock: Clock | None = None
    ) -> None:
        self._share = Share(Account(policy, rate, board.lives), rate)
        super().__init__(self._share, rate=rate, clock=clock)
        self._board = board
        self._store = store
        self._awake = asyncio.Event()
        self._look = True
        self._planned = inf  # when the task below goes on by itself
        self._failures = 0
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Joins the others.

        Raises:
            NetworkError: the board cannot be reached, so that nobody knows what the others do.
        """
        try:
            self._share.member = await self._board.join(self._wake)
            await self._read(_FIRST)
            while not await self._put(self._share.draft(self._clock.now())):
                pass  # the others must know of this one before it does anything
        except BaseException as error:  # cancelled as well: the others must not wait for a member that never was
            with anyio.CancelScope(shield=True):
                await self._board.leave()
            if isinstance(error, Exception):
                words = f"limiter: {self._board.where} cannot be used: {_words(error)}"
                raise NetworkError(words, store=self._store, safe_to_retry=True) from None
            raise
        self._task = asyncio.create_task(self._run(), name=f"limiter of {self._store}")

    async def close(self) -> None:
        """Tells what is still to tell, and leaves the others."""
        if self._task is None:
            return
        with anyio.CancelScope(shield=True):
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None
            with suppress(Exception):  # whatever is wrong with the board: the others will notice by themselves
                async with asyncio.timeout(_FAREWELL):
                    certain = self._share.certain(now := self._clock.now())
                    await anyio.sleep(certain - now)
                    if self._share.parts is None:
                        while not await self._put(self._share.farewell(self._clock.now())):
                            pass
            with suppress(Exception):
                await self._board.leave()

    def _pump(self) -> None:
        self._hand_out()
        if self._share.due(self._clock.now()) < self._planned:
            self._awake.set()

    def _hand_out(self) -> None:
        super()._pump()
        self._share.wait(self.in_queue())

    def _wake(self) -> None:
        self._look = True
        self._awake.set()

    # -- the one task --------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            await self._until_due()
            try:
                await self._exchange()
            except Exception as error:  # whatever it is, calls must go on
                self._lost(error)
            self._pump()

    async def _until_due(self) -> None:
        """Waits until there is something to do."""
        if self._share.parts is not None:
            await anyio.sleep(_RETRY if self._failures > 1 else 0.0)
            return
        self._planned = -inf if self._look else self._share.due(self._clock.now())
        if (wait := self._planned - self._clock.now()) > 0:
            self._awake.clear()
            with anyio.move_on_after(wait):
                await self._awake.wait()
        else:
            await asyncio.sleep(0)  # those that finish a call mostly ask for the next at once

    async def _exchange(self) -> None:
        alone = self._share.parts is not None
        if self._look or alone:
            self._look = False
            await self._read()
        while self._share.due(self._clock.now()) <= self._clock.now():
            await self._put(self._share.draft(self._clock.now()))
            self._hand_out()
        if self._failures > 1:
            log.warning("%s: the limiter at %s is back, and the limit shared again", self._store, self._board.where)
        self._failures = 0

    async def _read(self, patience: float = _PATIENCE) -> None:
        asked = self._clock.now()
        async with asyncio.timeout(patience):
            answer = await self._board.look()
        self._share.heard(Timing(answer.time, asked, self._clock.now()))
        self._share.join()
        self._share.found(answer.token, answer.saved)
        self._hand_out()

    async def _put(self, draft: Draft) -> bool:
        asked = self._clock.now()
        async with asyncio.timeout(_PATIENCE):
            answer = await self._board.write(self._share.token, draft)
        self._share.heard(Timing(answer.time, asked, self._clock.now()))
        if answer.written:
            self._share.written(draft)
        else:
            self._share.found(answer.token, answer.saved)
        return answer.written

    def _lost(self, error: Exception) -> None:
        self._failures += 1
        self._share.part(self._clock.now(), unknown=isinstance(error, Refused))
        if self._failures == 2:
            words = "%s: the limiter at %s is lost (%s); going on with a part of 1/%d of the limit until it is back"
            log.warning(words, self._store, self._board.where, _words(error), self._share.parts)


def _words(error: Exception) -> str:
    """What is wrong, without what the library's message may carry."""
    if isinstance(error, Refused):
        return str(error)
    return "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
