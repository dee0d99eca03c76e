"""Writes that are never doubled: what was lost is looked up before anything is sent again.

A POST has no idempotency key at this vendor. So a record that has a natural key is looked for before it is made, and
after a lost answer again: what is there now and was not before is the one that was made. Calls about one key wait for
each other. Only where the shop itself said that it failed, and the record does not show, is it sent again. Where it may
still be at work on it, that is said, and for a while no other call of this process sends it either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Generic, Literal, Protocol, Self, TypeAlias, TypeVar

import anyio
import msgspec

from commerce_async.errors import (
    CommerceError,
    DecodeError,
    MissingError,
    RejectedError,
    TemporaryError,
    UnknownOutcomeError,
    UsageError,
)
from commerce_async.http.call import Call
from commerce_async.http.client import Options
from commerce_async.http.doubt import Doubt
from commerce_async.schema.lenient import one_line
from sparkpay_async import calls, settling
from sparkpay_async.comparing import differing
from sparkpay_async.doubts import shared_doubts, shared_made
from sparkpay_async.drafts import members as body
from sparkpay_async.finding import Finder
from sparkpay_async.kinds import Identified, Kind
from sparkpay_async.locks import shared_locks
from sparkpay_async.reading import Sends
from sparkpay_async.settling import Key, Match
from sparkpay_async.vacant import sending

W = TypeVar("W", bound=Identified)
Action: TypeAlias = Literal["created", "updated", "unchanged"]

WAITS: Final = (0.0, 0.5, 1.5, 4.0, 8.0, 16.0)
"""Seconds before each look for a record whose answer was lost: a server that is slow gets time to show it."""

_TRIES: Final = 3


class Sending(Sends, Protocol):
    """What is needed of `commerce_async.http.client.Client` to write."""

    @property
    def options(self) -> Options:
        """The client's options."""
        ...

    def with_options(self, **changes: Any) -> Self:
        """The same client with other options."""
        ...


class Saved(msgspec.Struct, Generic[W], frozen=True, kw_only=True):
    """What became of a draft.

    Attributes:
        action: what was done.
        record: as it is now.
        fields: those that were changed, for `updated`; for `unchanged` those that differ, and were to be left alone;
            for one that is `settled` those that differ from what was sent: the record may be somebody else's.
        settled: for `created`: the answer was lost, and the record was found by looking it up.
    """

    action: Action
    record: W
    fields: tuple[str, ...] = ()
    settled: bool = False


class Writer(Generic[W]):
    """Writes the records of one kind.

    Args:
        waits: see `WAITS`.
    """

    def __init__(self, client: Sending, kind: Kind[W], waits: Sequence[float] = WAITS) -> None:
        self._client = client
        self._kind = kind
        self._finder = Finder(client, kind)
        self._waits = tuple(waits)

    async def create(self, draft: Mapping[str, object], *, look_first: bool = True, by: Iterable[str] = ()) -> Saved[W]:
        """Makes a record. See `sparkpay_async.api.Resource.create`.

        Args:
            by: fields by which it is found again after a lost answer, in place of the natural key. Without a first
                look nothing that is there may have their values.
        """
        members = body(self._kind, draft, new=True)
        if members.get(settling.id_name(self._kind)) is not None:
            raise UsageError(f"{self._kind.name}: a new record has no id; use update, or create_or_update")
        key = settling.natural_key(self._kind, members) if look_first else None
        if by:
            key = settling.named_key(self._kind, members, by)
        if key is None:
            return await self._post(members, None, ())
        async with self._alone(key):
            there = await self._finder.matching(key) if look_first else []
            ids = {each.id for each in there}
            there += [each for each in await self._made(key, {}) if each.id not in ids]
            if there and self._kind.overwrites:
                raise settling.taken(self._kind, key, there)
            return await self._post(members, key, {each.id for each in there})

    async def update(self, id: int | str, draft: Mapping[str, object]) -> W:
        """Changes fields of a record. See `sparkpay_async.api.Resource.update`."""
        members = body(self._kind, draft, new=False)
        number = int(calls.id_text(id))
        if members.pop(settling.id_name(self._kind), number) != number:
            raise UsageError(f"{self._kind.name}: the draft's id is not {number}; an id cannot be changed")
        return await self._put(number, members or body(self._kind, {}, new=False))

    async def delete(self, id: int | str) -> None:
        """Deletes a record. See `sparkpay_async.api.Resource.delete`."""
        call, doubt = calls.delete(self._kind, id), Doubt()
        watched = self._client.with_options(hooks=(*self._client.options.hooks, doubt))
        try:
            await watched.send(call)
        except MissingError:
            if not doubt:
                raise
            # Not there after a try whose answer was lost: that try deleted it.

    async def create_or_update(
        self,
        draft: Mapping[str, object],
        by: str | Iterable[str] | None,
        *,
        once: Mapping[str, object] | None = None,
        change: bool = True,
        free: Callable[[], bool] = lambda: False,
    ) -> Saved[W]:
        """Makes the record or changes what differs. See `sparkpay_async.api.Resource.create_or_update`.

        Args:
            once: members that go with the draft only if the record is made, such as rows of nested lists.
            change: whether a record that is there and differs is changed, or left alone.
            free: asked when no other call about the key is under way: whether it need not be looked for, since surely
                no record has it.
        """
        members = body(self._kind, draft, new=False)
        key = settling.named_key(self._kind, members, by)
        natural = settling.natural_key(self._kind, members) or key
        async with self._alone(key, natural):
            gone: MissingError | None = None
            vacant = free()
            for _ in range(_TRIES):
                there = None if vacant else await self._finder.named(key, members)
                if there is None and (made := await self._made(key, members)):
                    there = made[0]
                if there is None:
                    return await self._make(body(self._kind, {**draft, **(once or {})}, new=True), key, natural)
                if not change:
                    record = self._read(there.id, there.raw, "read")
                    return Saved(action="unchanged", record=record, fields=tuple(self._differing(there, members)))
                try:
                    return await self._change(there, members)
                except MissingError as error:  # deleted since it was looked at
                    gone = error
            assert gone is not None  # noqa: S101  every round that went on found it gone
            raise gone

    async def _made(self, key: Key, members: Mapping[str, Any]) -> list[Match]:
        """What was made with that key a moment ago and is still so, though no list shows it so far."""
        found: list[Match] = []
        for id in sorted(shared_made().ids(self._named(key), asyncio.get_running_loop().time())):
            match = await self._finder.named(((settling.id_name(self._kind), id),), members)
            if match is not None and settling.has(key, match.members):
                found.append(match)
        return found

    def _named(self, key: Key) -> tuple[str, ...]:
        return settling.lock_key(self._client.base_url, self._kind, key)

    def _alone(self, *keys: Key) -> AbstractAsyncContextManager[None]:
        return shared_locks().hold(*map(self._named, keys))

    # -- making ----------------------------------------------------------------------------------------------

    async def _make(self, members: dict[str, Any], key: Key, natural: Key) -> Saved[W]:
        if settling.is_by_id(self._kind, natural):
            return await self._post(members, None, ())
        if settling.is_by_id(self._kind, key):
            if others := await self._finder.matching(natural):
                raise settling.elsewhere(self._kind, key, natural, others)
            key = natural
        # Nothing has the key: what has it afterwards is the new record.
        return await self._post(members, key, ())

    async def _post(self, members: dict[str, Any], key: Key | None, before: Collection[int]) -> Saved[W]:
        if key is None:
            return await self._posted(members, None, before, Doubt())
        doubts, now = shared_doubts(), asyncio.get_running_loop().time
        named = self._named(key)
        if (left := doubts.left(named, before, now())) is not None:
            raise self._in_doubt(key, left)
        doubt = Doubt()
        try:
            return await self._posted(members, key, before, doubt)
        except (UnknownOutcomeError, asyncio.CancelledError):
            if doubt.sent:
                doubts.note(named, before, now())
            raise

    def _in_doubt(self, key: Key, left: float) -> UnknownOutcomeError:
        named = settling.shown(key)
        words = f"an earlier create of {named} got no answer, and may still come through; nothing was sent now"
        check = f"Look whether it shows, or call again in {left:.0f} s"
        return UnknownOutcomeError(
            f"{words}. {check}.", store=self._client.store, operation=f"{self._kind.name}.create", method="POST"
        )

    async def _posted(
        self, members: dict[str, Any], key: Key | None, before: Collection[int], doubt: Doubt
    ) -> Saved[W]:
        lost: UnknownOutcomeError | None = None
        for tried in range(_TRIES):
            try:
                wrote = await self._sent(members, doubt)
            except UnknownOutcomeError as error:
                lost = error
            except RejectedError:
                # Refused the second time: perhaps because the first went well after all.
                if lost is None or key is None or (made := await self._new(key, before, lost, (0.0,))) is None:
                    raise
                return self._created(made, key, sent=members)
            else:
                if tried and key is not None:
                    await self._not_twice(key, before, lost, wrote)
                return self._created(wrote, key)
            if key is None:
                raise lost
            if (made := await self._new(key, before, lost, self._patience())) is not None:
                return self._created(made, key, sent=members)
            if not settling.may_go_again(lost):
                break
        assert lost is not None  # noqa: S101  every round that went on lost its answer
        raise settling.still_unknown(lost, "Looked up, it does not show so far.") from lost.__cause__

    async def _sent(self, members: dict[str, Any], doubt: Doubt) -> calls.Wrote:
        call = calls.create(self._kind, members)
        try:
            with sending(self._client.base_url, self._kind, members):
                wrote = await self._client.with_options(hooks=(*self._client.options.hooks, doubt)).send(call)
        except DecodeError as error:
            raise self._unread(call, error.message) from error
        if wrote.id is None:
            raise self._unread(call, "the reply does not say which record it made")
        key, made = settling.natural_key(self._kind, members), settling.match(self._kind, wrote.raw or b"")
        if key is not None and made is not None and not settling.may_have(key, made.members):
            raise self._unread(call, f"the reply is about another record, {made.id}")
        return wrote

    def _unread(self, call: Call[Any], why: str) -> UnknownOutcomeError:
        return UnknownOutcomeError(
            f"it was carried out, but {why}. {call.check}",
            store=self._client.store,
            operation=call.operation,
            method=call.method,
            path=call.path,
        )

    async def _new(
        self, key: Key, before: Collection[int], lost: UnknownOutcomeError, waits: Sequence[float]
    ) -> Match | None:
        """The record that a lost write made; None if it does not show.

        Raises:
            UnknownOutcomeError: it could not be looked up, or several are new.
        """
        seen, alike = False, list[Match]()
        for wait in waits:
            if wait:
                await anyio.sleep(wait)
            try:
                alike = [each for each in await self._finder.matching(key, loosely=True) if each.id not in before]
            except TemporaryError as error:
                seen = False
                settling.noted(lost, error)
                continue
            except CommerceError as error:
                settling.noted(lost, error)
                raise lost from lost.__cause__
            seen = True
            new = [each for each in alike if settling.has(key, each.members)]
            if len(new) > 1:
                raise self._several(lost, new)
            if new:
                return new[0]
        if not seen:
            raise lost from lost.__cause__
        if alike:
            ids = ", ".join(str(each.id) for each in alike)
            words = f"Looked up, it may be record {ids}, which has that name in another spelling."
            raise settling.still_unknown(lost, words) from lost.__cause__
        return None

    def _several(self, lost: UnknownOutcomeError, new: Sequence[Match | calls.Wrote]) -> UnknownOutcomeError:
        ids = ", ".join(str(each.id) for each in new)
        error = settling.still_unknown(lost, f"Looked up, several are new: ids {ids}.")
        error.__cause__ = lost.__cause__
        return error

    def _patience(self) -> Sequence[float]:
        """The waits, as far as the caller's deadline reaches."""
        limit, waits = self._client.options.deadline, self._waits
        while limit is not None and len(waits) > 1 and sum(waits) > limit:
            waits = waits[:-1]
        return waits

    async def _not_twice(
        self, key: Key, before: Collection[int], lost: UnknownOutcomeError | None, wrote: calls.Wrote
    ) -> None:
        """After a second POST: the first must not have come through late."""
        mine = () if wrote.id is None else (wrote.id,)
        if lost is not None and (other := await self._new(key, {*before, *mine}, lost, (0.0,))) is not None:
            raise self._several(lost, (other, wrote))

    def _created(
        self, made: Match | calls.Wrote, key: Key | None, *, sent: Mapping[str, Any] | None = None
    ) -> Saved[W]:
        """A record that was made; if the answer was lost, with what was sent."""
        if key is not None and made.id is not None:
            shared_made().note(self._named(key), made.id, asyncio.get_running_loop().time())
        fields: tuple[str, ...] = ()
        if sent is not None and isinstance(made, Match):
            shown = made.members.keys() - self._kind.nested.keys()
            fields = tuple(differing({name: sent[name] for name in sent if name in shown}, made.members))
        record = self._read(made.id, made.raw, "created")
        return Saved(action="created", record=record, fields=fields, settled=sent is not None)

    # -- changing --------------------------------------------------------------------------------------------

    async def _change(self, there: Match, members: dict[str, Any]) -> Saved[W]:
        changes = self._differing(there, members)
        if not changes:
            return Saved(action="unchanged", record=self._read(there.id, there.raw, "read"))
        settling.refuse_rows(self._kind, there, changes)
        record = await self._put(there.id, changes)
        return Saved(action="updated", record=record, fields=tuple(changes))

    def _differing(self, there: Match, members: dict[str, Any]) -> dict[str, Any]:
        id = settling.id_name(self._kind)
        return differing({name: value for name, value in members.items() if name != id}, there.members)

    async def _put(self, id: int, members: dict[str, Any]) -> W:
        with sending(self._client.base_url, self._kind, members):
            wrote = await self._client.send(calls.update(self._kind, id, members))
        if wrote.raw is None or wrote.id != id:
            return (await self._client.send(calls.get(self._kind, id, fresh=True))).record
        return self._read(wrote.id, wrote.raw, "changed")

    def _read(self, id: int | None, raw: bytes | None, done: str) -> W:
        try:
            return self._kind.read(raw or b"")
        except ValueError as error:
            raise DecodeError(
                f"record {id} was {done}, but it cannot be read: {one_line(error)}",
                store=self._client.store,
                operation=f"{self._kind.name}.get",
            ) from None


__all__ = ["WAITS", "Action", "Saved", "Sending", "Writer"]
