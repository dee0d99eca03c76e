"""/returns: money given back."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from aiohttp import web

from fastspring_async.emulator.amounts import CURRENCIES, units_of
from fastspring_async.emulator.replies import failure, reply
from fastspring_async.emulator.routes.bodies import items, mapping, posted_items
from fastspring_async.emulator.routes.numbers import ids

if TYPE_CHECKING:
    from fastspring_async.emulator.server import FastSpringEmulator

_REASONS = frozenset(
    (
        "TAX_REFUND",
        "PRODUCT_NOT_RECEIVED",
        "PRODUCT_DIFFERENCE",
        "FRAUDULENT",
        "ORDER_ERROR",
        "DISCOUNT",
        "DUPLICATE_ORDER",
        "COMPATIBILITY_ISSUE",
        "OTHER",
    )
)
_SEE = " See the Returns API reference for details."


class RefusedError(Exception):
    """A return that cannot be made. Its code and words are FastSpring's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.error = {code: message + _SEE}


class Returns:
    """/returns. There is no list of them."""

    def __init__(self, emulator: FastSpringEmulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/returns/{ids}", self.some), web.post("/returns", self.create)]

    async def some(self, request: web.Request) -> web.Response:
        """Returns by id, always in a list."""
        emulator, wanted = self._emulator, ids(request.match_info["ids"])
        if (crowd := emulator.crowd(wanted, "return.get", "return")) is not None:
            return crowd
        found = [(each, emulator.world.returns.get(each)) for each in wanted]
        members = [
            failure("return.get", "return", identity, {"return": "Not found"}) if record is None else record
            for identity, record in found
        ]
        missing = any(record is None for _, record in found)
        return reply({"returns": members}, status=emulator.dialect.error_status if missing else 200)

    async def create(self, request: web.Request) -> web.Response:
        """Gives money back for orders, wholly or in part; each on its own. Subscriptions go on."""
        members: list[dict[str, Any]] = []
        for wanted in await posted_items(request, "returns"):
            try:
                members.append(self._give_back(wanted))
            except RefusedError as refusal:
                members.append(failure("return.create", "return", wanted.get("order"), refusal.error))
        bad = any("error" in each for each in members)
        return reply({"returns": members}, status=400 if bad else 200)

    def _give_back(self, wanted: dict[str, Any]) -> dict[str, Any]:
        world, shop = self._emulator.world, self._emulator.shop
        number = self._order(wanted.get("order"))
        kind = wanted.get("refundType", "FULL")
        if kind not in ("FULL", "PARTIAL"):
            raise RefusedError("REFUND_TYPE_ERROR", "Invalid refundType provided. Valid values are full or partial.")
        left, left_tax = world.returns.left(number)
        if left <= 0:
            raise RefusedError("order", "The order has already been returned.")
        total, tax, lines = left, left_tax, items(shop.order(number)["items"])
        if kind == "PARTIAL":
            total, tax, lines = self._part(wanted, number)
            if total > left:
                raise _too_much()
        reason = wanted.get("reason")
        record = world.returns.create(
            number,
            total=total,
            tax=min(tax, left_tax),
            items=lines,
            reason=reason if reason in _REASONS else None,
            note=wanted.get("note"),
        )
        world.wrote("return.create", record["original"]["order"])
        world.tell("return.created", record["live"], world.happenings.returned(record))
        return {**record, "action": "return.create", "result": "success"}

    def _order(self, name: Any) -> int:
        """The order of this id or reference."""
        shop = self._emulator.shop
        number = shop.order_number(name) if isinstance(name, str) else None
        if number is None and isinstance(name, str):
            numbers = range(shop.plans.count)
            number = next((each for each in numbers if shop.receipts.reference(each) == name), None)
        if number is None:
            raise RefusedError("order", "Order not found.")
        if shop.receipts.reference(number) is None:
            raise RefusedError("order", "The order was not completed.")
        return number

    def _part(self, wanted: dict[str, Any], number: int) -> tuple[int, int, list[dict[str, Any]]]:
        """What is given back of each item named: the sum, its tax, the items."""
        shop = self._emulator.shop
        order, given = shop.order(number), wanted.get("items")
        if given is None:
            raise RefusedError(
                "RETURN_ITEMS_ARRAY_ERROR",
                "Missing or invalid items field. Return items must be a non-empty array of objects.",
            )
        if not isinstance(given, list):
            raise RefusedError("RETURN_ITEMS_NOT_AN_ARRAY_ERROR", "The items field must be an array of objects.")
        parts = [mapping(each) for each in items(given)]
        if not parts:
            raise RefusedError(
                "RETURN_ITEMS_ARRAY_EMPTY_ERROR",
                "The items array cannot be empty. Add at least one return item object.",
            )
        lines = {each["product"]: each for each in map(mapping, items(order["items"]))}
        total, found = 0, list[dict[str, Any]]()
        for part in parts:
            line = _line(part, lines, found)
            total += _amount(part, line, order["currency"])
            found.append(line)
        bill = shop.receipts.bill(shop.plans.plan(number))
        return total, total * bill.tax // bill.total if bill.total else 0, found


def _line(part: dict[str, Any], lines: dict[str, dict[str, Any]], found: list[dict[str, Any]]) -> dict[str, Any]:
    product = part.get("product")
    if product is None:
        message = "Missing product path in return items. Each item must include a product path."
        raise RefusedError("RETURN_ITEMS_PRODUCT_NOT_SPECIFIED_ERROR", message)
    if product == "":
        message = "The product path cannot be empty. Provide a valid product identifier."
        raise RefusedError("RETURN_ITEMS_PRODUCT_EMPTY_ERROR", message)
    if not isinstance(product, str) or product not in lines:
        message = "Product path is not found in the original order. Use a valid product path."
        raise RefusedError("RETURN_ITEMS_PRODUCT_NOT_FOUND_ERROR", message)
    if lines[product] in found:
        message = "Duplicate product path in return items. Ensure each return item is unique."
        raise RefusedError("RETURN_ITEMS_PRODUCT_DUPLICATED_ERROR", message)
    return lines[product]


def _amount(part: dict[str, Any], line: dict[str, Any], currency: str) -> int:
    amount, digits = part.get("amount"), CURRENCIES[currency].digits
    units = units_of(amount, currency)
    if units is None:
        message = "Missing amount in return items. Specify a positive integer amount."
        raise RefusedError("RETURN_ITEMS_AMOUNT_NOT_SPECIFIED_ERROR", message)
    if units <= 0:
        raise RefusedError("RETURN_ITEMS_AMOUNT_ZERO_ERROR", "Invalid amount: must be greater than zero.")
    if Decimal(amount or 0).scaleb(digits) != units:
        message = f"Invalid amount: decimals not allowed. Must match currency scale ({digits} decimal places)."
        raise RefusedError("RETURN_ITEMS_AMOUNT_CURRENCY_SCALE_MISMATCH", message)
    if units > (units_of(line["subtotal"], currency) or 0):
        raise _too_much()
    return units


def _too_much() -> RefusedError:
    message = "Invalid amount: exceeds original line amount. Use an amount ≤ the original line amount."
    return RefusedError("RETURN_ITEMS_AMOUNT_GREATER_THAN_ORIGINAL_ITEM_ERROR", message)
