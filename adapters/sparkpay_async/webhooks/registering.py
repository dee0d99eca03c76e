"""Registers webhooks with the store, as often as wanted: what is there is looked at first. Spark Pay: Webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from commerce_async.errors import MissingError, UsageError
from sparkpay_async.locks import shared_locks
from sparkpay_async.webhooks.addresses import Addresses
from sparkpay_async.webhooks.events import checked

if TYPE_CHECKING:
    from sparkpay_async.api import Api
    from sparkpay_async.drafts import WebhookDraft
    from sparkpay_async.wire import Webhook

Action: TypeAlias = Literal["created", "updated", "unchanged"]
OnFailure: TypeAlias = Literal["Ignore", "Error"]
Cached: TypeAlias = Literal["NoCache", "Short", "Long"]

_OPTIONS: Final = {"on_failure": ("Ignore", "Error"), "cache_length": ("NoCache", "Short", "Long")}


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an event's webhook. It does not show the address, which is a secret.

    Attributes:
        id: of the webhook.
        removed: ids of webhooks that would have sent the event to this receiver again.
    """

    event_type: str
    id: int
    action: Action
    removed: tuple[int, ...] = ()


async def register(
    api: Api,
    addresses: Addresses,
    events: str | Iterable[str],
    *,
    store_id: int | None = None,
    fallback: Addresses | None = None,
    on_failure: OnFailure = "Ignore",
    cache_length: Cached = "NoCache",
) -> tuple[Registration, ...]:
    """Sees to it that each of the events is sent to its address once.

    A webhook of this receiver (same `base_url`) is kept, and brought up to date if its secret or an option changed.
    Those of other receivers are left alone. The token needs the scopes `orders` and `system`.

    Args:
        store_id: of the shop, if only its events are wanted.
        fallback: where the vendor sends an event that was not answered well: another receiver with the same secret.
        on_failure: without a fallback: whether the shop's visitor is shown an error.
        cache_length: for questions: for how long the vendor may use an answer again: not, 5 or 30 minutes.

    Raises:
        UsageError: an event or option that does not exist; nothing was sent.
        UnknownOutcomeError: the answer to a creation was lost, and looking it up did not tell. Call it again.
        CommerceError: whatever else a call raised.
    """
    names = _names(events)
    _check("on_failure", on_failure)
    _check("cache_length", cache_length)
    async with shared_locks().hold(("webhooks", addresses.base_url)):
        there = await _own(api, addresses)
        done: list[Registration] = []
        for event_type in names:
            draft: WebhookDraft = {
                "event_type": event_type,
                "url": addresses.url(event_type),
                "failure_type": "Fallback" if fallback else on_failure,
                "fallback_url": fallback.url(event_type) if fallback else "",
                "cache_length": cache_length,
            }
            if store_id:
                draft["store_id"] = store_id
            mine = [each for each in there if each.event_type == event_type and (each.store_id or 0) == (store_id or 0)]
            done.append(await _put(api, draft, event_type, mine))
    return tuple(done)


async def unregister(api: Api, addresses: Addresses, events: str | Iterable[str] | None = None) -> tuple[int, ...]:
    """Deletes the webhooks of this receiver (same `base_url`): those of the events, or all. Returns their ids.

    Raises:
        UsageError: an event that does not exist; nothing was sent.
        CommerceError: whatever a call raised.
    """
    names = None if events is None else _names(events)
    async with shared_locks().hold(("webhooks", addresses.base_url)):
        mine = [each.id for each in await _own(api, addresses) if names is None or each.event_type in names]
        for id in mine:
            await _delete(api, id)
    return tuple(mine)


async def _own(api: Api, addresses: Addresses) -> list[Webhook]:
    return [each async for each in api.webhooks.walk() if addresses.owns(each.url)]


async def _put(api: Api, draft: WebhookDraft, event_type: str, mine: list[Webhook]) -> Registration:
    if not mine:
        made = await api.webhooks.create(draft)
        return Registration(event_type=event_type, id=made.id, action="created")
    kept, *others = sorted(mine, key=lambda each: (each.url != draft.get("url"), each.id))
    changes: WebhookDraft = {}
    for name in ("url", "failure_type", "fallback_url", "cache_length"):
        if (getattr(kept, name) or "") != draft.get(name):
            changes[name] = draft.get(name)
    if changes:
        await api.webhooks.update(kept.id, changes)
    for each in others:
        await _delete(api, each.id)
    action: Action = "updated" if changes else "unchanged"
    return Registration(event_type=event_type, id=kept.id, action=action, removed=tuple(each.id for each in others))


async def _delete(api: Api, id: int) -> None:
    with suppress(MissingError):  # somebody else deleted it
        await api.webhooks.delete(id)


def _names(events: str | Iterable[str]) -> tuple[str, ...]:
    given = (events,) if isinstance(events, str) else tuple(events)
    return tuple(dict.fromkeys(checked(each) for each in given))


def _check(name: str, value: str) -> None:
    if value not in _OPTIONS[name]:
        raise UsageError(f"webhooks: {name}: expected one of {', '.join(_OPTIONS[name])}, got {str(value)[:40]!r}")
