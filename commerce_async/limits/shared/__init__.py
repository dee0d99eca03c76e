"""One account's limit, shared by many processes (docs/decisions/0010-shared-limiter.md)."""

from __future__ import annotations

from commerce_async.clock import Clock
from commerce_async.errors import ConfigError
from commerce_async.limits.base import Policy, Shareable
from commerce_async.limits.limiter import Limiter
from commerce_async.limits.shared.place import LimiterPlace


def limiter_of(
    place: LimiterPlace | None, account: str, policy: Policy, *, store: str, rate: float | None, clock: Clock
) -> Limiter:
    """A store's limiter: its own, or one that is shared at a place.

    Args:
        place: where; None for this process alone.
        account: what the limit belongs to: vendor, host and user, say. All that name it alike share it.
        policy: when the next call may go, as new.
        store: the store's name, for messages.
        rate: calls per second never to exceed, whatever the policy allows.

    Raises:
        ConfigError: the policy cannot be shared, or what it takes is not installed.
    """
    if place is None:
        return Limiter(policy, rate=rate, clock=clock)
    if not isinstance(policy, Shareable):
        raise ConfigError("limiter: this store's limit cannot be shared")
    # Only for those who share a limit.
    from commerce_async.limits.shared.board import RedisBoard
    from commerce_async.limits.shared.limiter import SharedLimiter

    return SharedLimiter(policy, RedisBoard(place, account), store=store, rate=rate, clock=clock)


def place_of(limiter: str | LimiterPlace | None) -> LimiterPlace | None:
    """What a store was given as `limiter`.

    Raises:
        ConfigError: it is no place.
    """
    if not isinstance(limiter, str):
        return limiter
    try:
        return LimiterPlace(limiter)
    except ConfigError as error:
        raise ConfigError(f"limiter: {error.message}") from None


__all__ = ["LimiterPlace", "limiter_of", "place_of"]
