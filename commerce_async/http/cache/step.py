"""The cache's step in the pipeline: once per call, before any attempt."""

from __future__ import annotations

import platform
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import scrypt, sha256
from math import inf
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

import msgspec

from commerce_async import __version__
from commerce_async.clock import Clock
from commerce_async.errors import FinalError, UnknownOutcomeError
from commerce_async.http.auth import Identifying
from commerce_async.http.cache import rules
from commerce_async.http.cache.rules import Entry
from commerce_async.http.cache.storage import Storage
from commerce_async.http.call import Call, Reply

if TYPE_CHECKING:
    from aiohttp import ClientSession

_SAFE: Final = frozenset({"GET", "HEAD"})
# Calls with these are theirs alone: another account's, a part, or a question about a copy of their own.
_PERSONAL: Final = frozenset(
    {"authorization", "cookie", "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}
)
# Whatever they ask for, what the server says now is an answer (§5.2.1).
_UNCACHED: Final = frozenset({"cache-control", "pragma"})
# Seconds that a server may go on answering from before a write, if no reply promised to last longer. No vendor names
# a figure; and a long one costs little, since what was read after the write is kept all the same.
_SERVER_KEEPS: Final = 3600.0


class Caching:
    """The replies of one account, and what this client's writes mean for them. Derived clients share it.

    Args:
        storage: where replies are kept.
        clock: the time.
        base_url, auth, session, agent: the client's. They tell one account from another.
    """

    def __init__(
        self,
        storage: Storage,
        *,
        clock: Clock,
        base_url: str,
        auth: Sequence[object],
        session: ClientSession | None,
        agent: str,
    ) -> None:
        self.storage = storage
        self.clock = clock
        self._account = _Account(base_url, auth, session, agent)
        self._borrowed = session is not None
        self.writes = 0  # begun so far
        self._under_way = 0
        self._settled = -inf  # when the last one was over: seconds since 1970
        self._settled_at = -inf  # the same on the clock that never goes back
        self._keeps = _SERVER_KEEPS  # for so many seconds the server may answer from its own cache

    # -- writes ------------------------------------------------------------------------------------------------

    def is_write(self, call: Call[Any]) -> bool:
        """Whether the call may change something: any but GET and HEAD, and a GET that must not be sent twice."""
        return call.method not in _SAFE or call.idempotent is False

    @contextmanager
    def writing(self, patience: float) -> Generator[None]:
        """Around a write. Nothing from before its end is served after its beginning.

        Args:
            patience: for so many seconds more, a write whose answer was lost may still come into effect.
        """
        self.writes += 1
        self._under_way += 1
        self._forget()
        after = patience
        try:
            yield
            after = 0.0
        except FinalError as error:
            after = patience if isinstance(error, UnknownOutcomeError) else 0.0
            raise
        finally:
            self._under_way -= 1
            self._settled = max(self._settled, self._now() + after)
            self._settled_at = max(self._settled_at, self.clock.now() + after)
            self._forget()  # for the next process: this one knows what it may serve

    @property
    def quiet(self) -> bool:
        """Whether no write is under way, or may yet come into effect."""
        return not self._under_way and self._now() >= self._settled

    @property
    def must_force(self) -> bool:
        """Whether the server must be told not to answer from its own cache."""
        return bool(self._under_way) or self.clock.now() < self._settled_at + self._keeps

    def serves(self, entry: Entry) -> bool:
        """Whether the entry shows every write of this client."""
        known = entry.requested if entry.forced else entry.requested - self._keeps
        return self.quiet and known >= self._settled

    def _forget(self) -> None:
        if (account := self._account.id()) is not None:
            self.storage.forget(account)

    # -- reads -------------------------------------------------------------------------------------------------

    async def read(self, call: Call[Any]) -> Read:
        """What is kept for the call, looked up."""
        names = {name.lower() for name, _ in call.headers}
        account = None if names & _PERSONAL else self._account.id()
        key = sha256(msgspec.json.encode((call.path, call.query))).hexdigest()
        read = Read(self, call, account, key)
        if account is None or not self.quiet or names & _UNCACHED:
            return read
        entry = await self.storage.load(account, key)
        if entry is not None and self.serves(entry) and entry.variant == rules.variant(entry.headers, call.headers):
            read.entry = entry
            if rules.is_fresh(entry, now := self._now()):
                read.hit = rules.answer(entry, now)
        return read

    def learn(self, reply: Reply) -> None:
        """How long the server keeps replies."""
        self._keeps = max(self._keeps, rules.lifetime(reply.headers, reply.received.timestamp()) or 0.0)

    def save(self, account: str, key: str, entry: Entry) -> None:
        """Keeps the entry, unless it depends on what this client cannot know."""
        if account == self._account.id() and not (self._borrowed and "cookie" in rules.vary(entry.headers)):
            self.storage.save(account, key, entry)

    def _now(self) -> float:
        return self.clock.wall().timestamp()


class Read:
    """One GET: what is kept for it, how it goes on the wire, and what becomes of its reply.

    Attributes:
        hit: the reply, if none is needed from the network.
        entry: what is kept, fresh or not.
    """

    def __init__(self, caching: Caching, call: Call[Any], account: str | None, key: str) -> None:
        self.hit: Reply | None = None
        self.entry: Entry | None = None
        self._caching = caching
        self._call = call
        self._account = account
        self._key = key
        self._sent: tuple[float, bool, int | None] = (0.0, False, None)
        self._confirmed: Entry | None = None

    def request(self) -> Call[Any]:
        """The call as it goes on the wire now."""
        caching, call = self._caching, self._call
        own = _header(call, "cache-control")
        asked = "no-cache" in (rules.directives(own) or {})
        forced = asked or caching.must_force
        self._sent = (caching.clock.wall().timestamp(), forced, caching.writes if caching.quiet else None)
        if self.entry is not None and not caching.serves(self.entry):
            self.entry = None
        self._confirmed = None
        headers = call.headers if self.entry is None else (*call.headers, *rules.conditions(self.entry))
        if forced and not asked:
            headers = (
                *((name, value) for name, value in headers if name.lower() != "cache-control"),
                ("Cache-Control", f"{own}, no-cache" if own else "no-cache"),
            )
        return call if headers is call.headers else replace(call, headers=headers)

    def completed(self, reply: Reply) -> Reply:
        """The reply with its body, if the server said that the one kept is still good."""
        entry = self.entry
        if entry is None or reply.status != 304:
            return reply
        requested, forced, _ = self._sent
        self._confirmed = rules.confirmed(entry, reply, self._call.headers, requested=requested, forced=forced)
        if self._confirmed is None:
            self.entry = None
            # It answers a question that was not asked. The next attempt asks without conditions.
            return replace(reply, status=502)
        return rules.answer(self._confirmed, self._confirmed.received)

    def keep(self, reply: Reply) -> None:
        """Takes in a reply that was judged good and could be read."""
        caching, (requested, forced, writes) = self._caching, self._sent
        caching.learn(reply)
        if self._account is None or writes != caching.writes or not caching.quiet:
            return
        entry = self._confirmed or rules.entry_of(reply, self._call.headers, requested=requested, forced=forced)
        if entry is not None and rules.may_keep(entry):
            caching.save(self._account, self._key, entry)


def _header(call: Call[Any], name: str) -> str | None:
    return ", ".join(value for each, value in call.headers if each.lower() == name) or None


class _Account:
    """Tells one account from another without showing the credential: a slow hash of what goes on the wire."""

    def __init__(self, base_url: str, auth: Sequence[object], session: ClientSession | None, agent: str) -> None:
        self._salt = f"{base_url}\n{agent}\n{__version__}\n{platform.python_version()}".encode()
        self._auth = auth
        self._session = session
        # An account of a credential that does not tell is nobody else's, and does not outlast the client.
        self._unknown = "" if all(isinstance(each, Identifying) for each in auth) else token_hex(16)
        self._seen = b""
        self._hash = ""

    def id(self) -> str | None:
        """The hash; None as long as the credential is not known."""
        known = [self._unknown]
        for each in self._auth:
            if isinstance(each, Identifying):
                secret = each.identity()
                if secret is None:
                    return None
                known.append(secret.reveal())
        if self._session is not None:
            known += [repr(self._session.auth), *(f"{name}: {value}" for name, value in self._session.headers.items())]
        text = msgspec.json.encode(known)
        if (seen := sha256(text).digest()) != self._seen:
            # Slow, so that a password cannot be guessed from a file that was stolen.
            self._hash = scrypt(text, salt=self._salt, n=2**12, r=8, p=1, dklen=16).hex()
            self._seen = seen
        return self._hash
