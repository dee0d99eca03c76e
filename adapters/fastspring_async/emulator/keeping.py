"""What tests do to the emulated shop behind its clients' backs, and what they compare with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from fastspring_async.emulator.forms import times
from fastspring_async.emulator.shop import Shop
from fastspring_async.emulator.webhooks import SCHEDULE, Webhook
from fastspring_async.emulator.world import World


class Keeping:
    """The shopkeeper's side of the emulator."""

    world: World
    shop: Shop

    # -- webhooks and events -------------------------------------------------------------------------------------

    def webhook(
        self,
        url: str,
        secret: str | None = None,
        *,
        expand: bool = True,
        schedule: Sequence[float] = SCHEDULE,
        batch: int = 25,
        timeout: float = 10.0,
    ) -> Webhook:
        """Registers a receiver of the events from now on: what was posted to it shows in its `deliveries`.

        Only the first receiver's acknowledgements show in /events. `await world.webhooks.settled()` waits until
        everything is delivered or given up.

        Args:
            url: on this machine.
            secret: signs the posts in `X-FS-Signature`.
            expand: data with objects, else with ids.
            schedule: seconds before each further try; by default the vendor's, hours and days.
            batch: most events in a post.
            timeout: seconds until an answer counts as none.

        Raises:
            ValueError: the URL is of another machine.
        """
        if urlsplit(url).hostname != "127.0.0.1":
            raise ValueError("webhooks are delivered to 127.0.0.1 only")
        made = Webhook(url, secret, expand=expand, schedule=schedule, batch=batch, timeout=timeout)
        self.world.webhooks.receivers.append(made)
        return made

    def emit(
        self, kind: str = "order.completed", data: dict[str, Any] | None = None, *, created: int | None = None
    ) -> str:
        """Something happens that nobody did: the event's id.

        Args:
            data: by default an order's.
            created: its time in ms, whatever the shop's is; two events may share it.
        """
        shown = self.world.happenings.order(0) if data is None else data
        return self.world.events.ids.make(self.world.tell(kind, True, shown, created).number)

    def event_ids(self, *, processed: bool | None = None) -> list[str]:
        """Ids of the events there are, all or by state, the oldest first."""
        events = self.world.events
        found, _ = events.page(0, 1 << 62, processed=processed, newest_first=False, size=events.count)
        return [events.ids.make(each.number) for each in found]

    # -- changes, for tests --------------------------------------------------------------------------------------

    def insert_order(self) -> str:
        """A customer buys something, just now: the new order's id."""
        number = self.shop.add_order()
        self.world.order_made(number)
        return self.order_id(number)

    def renew(self, subscription: str) -> str:
        """A subscription is charged, just now: the new order's id.

        Raises:
            KeyError: no such subscription.
        """
        root = self.world.subscriptions.number(subscription)
        record = self.world.subscriptions.get(subscription)
        if root is None or record is None:
            raise KeyError(subscription)
        number = self.shop.renew(root)
        following = None if record["next"] is None else self.world.subscriptions.step(record)
        changes = times("next", following) | times("nextChargeDate", following)
        self.world.subscriptions.change(subscription, changes | {"sequence": record["sequence"] + 1}, "charged")
        self.world.order_made(number)
        return self.order_id(number)

    def edit_order(self, identity: str, **changes: Any) -> None:
        """Changes members of an order (by default its tags) and the time of its last change.

        Raises:
            KeyError: no such order.
        """
        self.shop.edit_order(self._number(identity), changes or {"tags": {"edited": self.shop.now.isoformat()}})

    def insert_product(self) -> str:
        """A fresh product: its path."""
        return self.shop.add_product()

    def edit_product(self, path: str, **changes: Any) -> None:
        """Changes members of a product; by default its English name.

        Raises:
            KeyError: no such product.
        """
        record = self.product(path)
        name = {"display": {"en": f"Edited {self.shop.now:%H:%M:%S}"}}
        self.shop.put_product(path, {**record, **(changes or name)})

    def remove_product(self, path: str) -> list[str]:
        """Removes a product and, as FastSpring does, its variations: what was removed.

        Raises:
            KeyError: no such product.
        """
        self.product(path)
        return self.shop.remove_product(path)

    # -- the truth, to compare with ------------------------------------------------------------------------------

    @property
    def product_count(self) -> int:
        """Products in the shop now, unreadable ones included."""
        return self.shop.product_count

    @property
    def order_count(self) -> int:
        """Orders in the shop now, unreadable ones included."""
        return self.shop.plans.count

    def product_ids(self) -> list[str]:
        """Every product's path, in the order of the list."""
        return list(self.shop.product_paths())

    def subscription_ids(self) -> list[str]:
        """Every subscription's id, the oldest first."""
        return [self.world.subscriptions.identity(number) for number in self.world.subscriptions.numbers()]

    def subscription(self, identity: str) -> dict[str, Any]:
        """The subscription as it would be sent, amounts as Decimal.

        Raises:
            KeyError: no such subscription.
        """
        record = self.world.subscriptions.get(identity)
        if record is None:
            raise KeyError(identity)
        return record

    def account_ids(self) -> list[str]:
        """Every account's id, the created ones last."""
        return list(self.world.accounts.ids())

    def account(self, identity: str) -> dict[str, Any]:
        """The account as it would be sent.

        Raises:
            KeyError: no such account.
        """
        record = self.world.accounts.get(identity)
        if record is None:
            raise KeyError(identity)
        return record

    def order_ids(self) -> Iterator[str]:
        """Every order's id, the oldest first."""
        return (self.order_id(number) for number in range(self.order_count))

    def order_id(self, number: int) -> str:
        """The id of the order that was made as number so-and-so (from 0)."""
        return self.shop.receipts.ids.make(number)

    def product(self, path: str) -> dict[str, Any]:
        """The product as it would be sent, amounts as Decimal.

        Raises:
            KeyError: no such product.
        """
        record = self.shop.product(path)
        if record is None:
            raise KeyError(path)
        return record

    def order(self, identity: str) -> dict[str, Any]:
        """The order as it would be sent, amounts as Decimal.

        Raises:
            KeyError: no such order.
        """
        return self.shop.order(self._number(identity))

    def order_total(self, identity: str) -> Decimal:
        """What the order comes to, exactly; for an unreadable one, what it would.

        Raises:
            KeyError: no such order.
        """
        return self.shop.order_total(self._number(identity))

    def order_created(self, identity: str) -> int:
        """When the order was made, in milliseconds since 1970: what the date filters go by.

        Raises:
            KeyError: no such order.
        """
        return self.shop.plans.created(self._number(identity))

    def unreadable_orders(self) -> list[str]:
        """The ids of the orders that cannot be read."""
        return [self.order_id(number) for number in sorted(self.shop.receipts.broken)]

    def unreadable_products(self) -> list[str]:
        """The paths of the products that cannot be read and are still there."""
        paths = [self.shop.catalog.path(number) for number in sorted(self.shop.catalog.broken)]
        return [path for path in paths if self.shop.product(path) is not None]

    def _number(self, identity: str) -> int:
        number = self.shop.order_number(identity)
        if number is None:
            raise KeyError(identity)
        return number
