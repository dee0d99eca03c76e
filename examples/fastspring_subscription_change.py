"""Changes the quantity of FastSpring subscriptions: shows what it would cost, and with --apply does it.

FASTSPRING_USER=… FASTSPRING_PASSWORD=… python examples/fastspring_subscription_change.py 3 ID [ID …] [--apply]

Without credentials it runs against an emulator, where it changes two subscriptions and one that is not there.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from commerce_async.errors import UnknownOutcomeError
from fastspring_async import FastSpring
from fastspring_async.drafts import SubscriptionDraft
from fastspring_async.emulator import FastSpringEmulator


async def run(store: FastSpring, ids: Sequence[str], quantity: int, *, apply: bool) -> None:
    """Previews the change, carries it out if told to, and reads the subscriptions back."""
    subscriptions = store.api.subscriptions
    drafts = [SubscriptionDraft(subscription=id, quantity=quantity, prorate=True) for id in ids]
    preview = await subscriptions.preview(drafts)
    for change in preview.items:
        print(f"{change.id} would cost: {change.proration}")
    if not apply:
        return
    changed = await subscriptions.update(drafts)
    for change in changed.items:
        print(f"{change.id} changed" + (", as reading it back showed" if change.settled else ""))
    for id in changed.missing:
        print(f"{id} is not there")
    for failure in changed.failed:
        # Never sent twice by itself: a prorated change charges. The message says what to look at.
        word = "may be changed or not" if isinstance(failure.error, UnknownOutcomeError) else "was not changed"
        print(f"{failure.id} {word}: {failure.reason}")
    for subscription in (await subscriptions.get_many([change.id for change in changed.items])).items:
        print(f"{subscription.key} now: {subscription.quantity} × {subscription.price} {subscription.currency}")


async def main(arguments: Sequence[str]) -> None:
    """With credentials from the environment, or against an emulator."""
    if "FASTSPRING_USER" in os.environ:
        quantity, *ids = (each for each in arguments if each != "--apply")
        user, password = os.environ["FASTSPRING_USER"], os.environ["FASTSPRING_PASSWORD"]
        async with FastSpring(username=user, password=password) as store:
            await run(store, ids, int(quantity), apply="--apply" in arguments)
        return
    async with (
        FastSpringEmulator(orders=200, rate_limit=None) as emulator,
        FastSpring(**emulator.settings(), rate=50) as store,
    ):
        active = [each async for each in store.api.subscriptions.search(status="active")]
        plans = [each.key for each in active if not each.adhoc and each.state == "active"]
        await run(store, [*plans[:2], "nobody"], 3, apply=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
