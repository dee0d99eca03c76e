"""Works through FastSpring's unprocessed events until it is interrupted; an order's events stay in order.

FASTSPRING_USER=… FASTSPRING_PASSWORD=… python examples/fastspring_events_consumer.py
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal

from fastspring_async import FastSpring
from fastspring_async.emulator import FastSpringEmulator
from fastspring_async.events import Consumed, Event, HandlerFailure, SubscriptionData
from fastspring_async.wire import OrderRecord


async def on_event(event: Event) -> None:
    """Called for each event. When it returns, the event is acknowledged; if it raises, the event comes again."""
    match event.data:
        case OrderRecord() as order:
            print(f"{event.created} {event.type} {order.key}: {order.total} {order.currency}")
        case SubscriptionData() as subscription:
            print(f"{event.created} {event.type} {subscription.id}: {subscription.state}")
        case _:
            print(f"{event.created} {event.type} about {event.subject}")


def on_failure(failure: HandlerFailure) -> None:
    """Called for each event that stays unprocessed until the next poll."""
    print(f"{failure.event.id} failed {failure.attempts} times: {failure.error!r}")


async def run(store: FastSpring, stop: asyncio.Event, *, poll: float = 60.0, once: bool = False) -> Consumed:
    """Consumes until `stop` is set; handlers that run then get ten seconds to end."""
    return await store.api.events.consume(
        on_event, ordered_by="subject", poll=poll, once=once, stop=stop, grace=10.0, on_failure=on_failure
    )


async def main() -> None:
    """With credentials from the environment until Ctrl-C or SIGTERM, or against an emulator."""
    logging.basicConfig(level=logging.INFO)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if "FASTSPRING_USER" in os.environ:
        user, password = os.environ["FASTSPRING_USER"], os.environ["FASTSPRING_PASSWORD"]
        async with FastSpring(username=user, password=password) as store:
            print(await run(store, stop))
        return
    async with (
        FastSpringEmulator(orders=60, rate_limit=None) as emulator,
        FastSpring(**emulator.settings(), rate=50) as store,
    ):
        print(await run(store, stop, once=True))


if __name__ == "__main__":
    asyncio.run(main())
