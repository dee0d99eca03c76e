"""One limiter for all stores of a process that were told to share a budget, by its name."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from weakref import WeakValueDictionary

from commerce_async.errors import ConfigError, UsageError
from commerce_async.limits.base import Policy, Shareable
from commerce_async.limits.limiter import Limiter
from commerce_async.limits.shared.place import LimiterPlace

_pots: WeakValueDictionary[tuple[tuple[str, str], LimiterPlace | None], _Pot] = WeakValueDictionary()


class SharedBudget:
    """A store's use of a limiter that others of the process use, too.

    Args:
        name: whose stores, and which budget; all that name it alike share it.
        place: where it is shared with other processes; None for this one alone.
        policy, rate: what the limiter is made of, as new; all stores' must be alike.
        make: makes it, if there is none yet.

    Raises:
        ConfigError: another store has the budget with another limit, or the name is empty.
    """

    def __init__(
        self,
        name: tuple[str, str],
        place: LimiterPlace | None,
        policy: Policy,
        rate: float | None,
        make: Callable[[], Limiter],
    ) -> None:
        if not name[1].strip():
            raise ConfigError("budget: expected a name")
        told = (policy.save(), policy.memory) if isinstance(policy, Shareable) else None
        terms = (type(policy), told, policy.concurrency, rate)
        pot = _pots.get((name, place))
        if pot is not None and pot.terms != terms:
            del pot
            gc.collect()  # it may be that of stores that nobody has any more
            pot = _pots.get((name, place))
        if pot is None:
            pot = _pots[name, place] = _Pot(make(), terms)
        elif pot.terms != terms:
            raise ConfigError(f"budget: stores that share {name[1]!r} must have the same limit and rate")
        self._name, self._pot = name[1], pot
        self._open = False

    @property
    def limiter(self) -> Limiter:
        """The one that all of them use."""
        return self._pot.limiter

    async def open(self) -> None:
        """The first of them to open opens the limiter.

        Raises:
            NetworkError: the place where it is shared with other processes cannot be reached.
            UsageError: the others are on another event loop.
        """
        pot, loop = self._pot, asyncio.get_running_loop()
        if pot.loop is not loop:
            if pot.users:
                raise UsageError(f"budget: {self._name!r} is in use on another event loop")
            pot.loop, pot.turn = loop, asyncio.Lock()
        async with pot.turn:
            if not pot.users:
                await pot.limiter.open()
            pot.users += 1
            self._open = True

    async def close(self) -> None:
        """The last of them to close closes it."""
        if not self._open:
            return
        self._open = False
        self._pot.users -= 1
        if not self._pot.users:
            await self._pot.limiter.close()


class _Pot:
    def __init__(self, limiter: Limiter, terms: object) -> None:
        self.limiter, self.terms = limiter, terms
        self.users = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        self.turn = asyncio.Lock()
