"""The board on a Redis or Valkey server: one hash per account, one script, one channel per process."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast
from weakref import WeakKeyDictionary

from commerce_async.errors import ConfigError
from commerce_async.limits.shared.limiter import Answer, Refused
from commerce_async.limits.shared.lives import lives, mark
from commerce_async.limits.shared.place import LimiterPlace
from commerce_async.limits.shared.share import Draft

if TYPE_CHECKING:
    from redis.asyncio import Redis

# With the format of what is written down: versions that do not understand each other share nothing.
_PREFIX: Final = "commerce-async:limit:1:"
_WAKE: Final = "commerce-async:wake:"
# What was learned of an account is kept so long after its last call.
_KEEP: Final = 7 * 24 * 3600
_RECONNECT: Final = 0.5

# KEYS[1]: the account. ARGV: the token that must be there ("" for none, "?" only looks), the new one, the new state,
# seconds to keep it, and the members to wake, whose names begin with that of their process.
_SCRIPT: Final = """
local time = redis.call('TIME')
local found = redis.call('HMGET', KEYS[1], 'token', 'state')
local token = found[1] or ''
if token ~= ARGV[1] then
    return {time[1], time[2], 0, token, found[2] or ''}
end
redis.call('HSET', KEYS[1], 'token', ARGV[2], 'state', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])
for n = 5, #ARGV do
    redis.call('PUBLISH', 'commerce-async:wake:' .. string.match(ARGV[n], '^[^.]+'), ARGV[n])
end
return {time[1], time[2], 1, ARGV[2], ''}
"""


def key_of(account: str) -> str:
    """The key of an account: nothing of its name can be read from it. The braces keep it whole in a cluster."""
    return f"{_PREFIX}{{{hashlib.sha256(account.encode()).hexdigest()[:32]}}}"


class RedisBoard:
    """Where the members of one account meet.

    Args:
        place: the server.
        account: what the limit belongs to: vendor, host and user, say. Only its hash is written down.

    Raises:
        ConfigError: redis-py is not installed.
    """

    def __init__(self, place: LimiterPlace, account: str) -> None:
        if find_spec("redis") is None:
            raise ConfigError("limiter: needs the extra: pip install 'commerce-async[redis]'")
        self._place = place
        self._key = key_of(account)
        self._hub: _Hub | None = None
        self._member = ""

    @property
    def where(self) -> str:
        """The server, without credentials."""
        return self._place.where

    async def join(self, wake: Callable[[], None]) -> str:
        self._hub = _Hub.of(self._place)
        self._member = await self._hub.enter(wake)
        return self._member

    async def look(self) -> Answer:
        return await self._run("?", "", b"", [])

    async def write(self, before: str, draft: Draft) -> Answer:
        return await self._run(before, draft.token, draft.saved, draft.wake)

    def lives(self, member: str) -> bool | None:
        return lives(member.partition(".")[0].partition("-")[2])

    async def leave(self) -> None:
        hub, self._hub = self._hub, None
        if hub is not None:
            await hub.exit(self._member)

    async def _run(self, before: str, token: str, saved: bytes, wake: list[str]) -> Answer:
        from redis.exceptions import ResponseError

        assert self._hub is not None, "asked before it was joined"  # noqa: S101  the caller's order
        try:
            answer = await self._hub.script(self._key, before, token, saved, _KEEP, *wake)
        except ResponseError as error:  # no memory left, read-only, no right to
            raise Refused(type(error).__name__) from None
        seconds, micros, written, there, state = answer
        there = cast("bytes", there).decode()
        # A write whose answer was lost on the way is sent again by redis-py, and finds itself there.
        done = bool(written) or (there != "" and there == token)
        return Answer(int(seconds) + int(micros) / 1e6, there, None if done else (state or None), done)


class _Hub:
    """One process's connections to one server, for all of its accounts."""

    _open: ClassVar[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[LimiterPlace, _Hub]]] = WeakKeyDictionary()

    def __init__(self, place: LimiterPlace) -> None:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        def connect() -> Redis:
            # How long to wait is the limiter's business; redis-py's own timeout on sending loses cancellations, too.
            # A connection that idled too long is found dead: once again.
            make, again = cast("Any", Redis).from_url, Retry(NoBackoff(), 1)
            return make(place.reveal(), retry=again, socket_timeout=None, socket_keepalive=True, protocol=2)

        self._place = place
        self._redis = connect()
        self._heard = connect()
        self._script = cast("Any", self._redis).register_script(_SCRIPT)
        self._name = f"{secrets.token_hex(6)}-{mark()}"
        self._numbers = count(1)
        self._wakes: dict[str, Callable[[], None]] = {}
        self._listener: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, place: LimiterPlace) -> _Hub:
        """The process's hub for that server and this event loop."""
        hubs = cls._open.setdefault(asyncio.get_running_loop(), {})
        return hubs.get(place) or hubs.setdefault(place, cls(place))

    async def enter(self, wake: Callable[[], None]) -> str:
        member = f"{self._name}.{next(self._numbers)}"
        self._wakes[member] = wake
        if self._listener is None:
            self._listener = asyncio.create_task(self._listen(), name=f"wake-ups from {self._place.where}")
        return member

    async def exit(self, member: str) -> None:
        self._wakes.pop(member, None)
        if self._wakes:
            return
        self._open.get(asyncio.get_running_loop(), {}).pop(self._place, None)
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.cancel()
            with suppress(asyncio.CancelledError):
                await listener
        await cast("Any", self._heard).aclose()
        await cast("Any", self._redis).aclose()

    async def script(self, key: str, *args: Any) -> Any:
        return await self._script(keys=[key], args=args)

    async def _listen(self) -> None:
        """Wakes members that are told to look, and all of them when connections break or are made again."""
        from redis.exceptions import RedisError

        while True:
            try:
                async with cast("Any", self._heard).pubsub() as channel:
                    await channel.subscribe(_WAKE + self._name)
                    self._wake_all()
                    async for message in channel.listen():
                        wake = self._wakes.get(message["data"].decode()) if message["type"] == "message" else None
                        if wake is not None:
                            wake()
            except (RedisError, OSError):
                self._wake_all()
            await asyncio.sleep(_RECONNECT)

    def _wake_all(self) -> None:
        for wake in list(self._wakes.values()):
            wake()
