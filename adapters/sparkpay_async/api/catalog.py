"""Products, categories and stock: what they have beside the generic routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Generic, cast

from commerce_async.errors import UsageError
from sparkpay_async import calls, drafts, wire
from sparkpay_async.api.reads import F, W
from sparkpay_async.api.resource import D, Resource
from sparkpay_async.api.sales import Integrated
from sparkpay_async.calls import FRESH, specials
from sparkpay_async.kinds import CATEGORIES, MANUFACTURERS, PRODUCTS, Kind
from sparkpay_async.reading import Sends

_SETTINGS: Final = frozenset(wire.InventorySettings.__struct_fields__)
# What a line of an import is made of, beside `lookup_by_sku`.
_PARTS: Final[Mapping[str, Kind[Any]]] = MappingProxyType(
    {"product": PRODUCTS, "category": CATEGORIES, "manufacturer": MANUFACTURERS}
)


class Products(Integrated[W, F, D], Generic[W, F, D]):
    """Spark Pay: /products."""

    async def import_many(self, lines: Iterable[Mapping[str, object]]) -> wire.ImportReport:
        """Writes many products in one call (Spark Pay: products, importMany). Never sent twice.

        Args:
            lines: each with `product` (a draft), `lookup_by_sku` (True to change a product that has its
                `item_number`), and if wanted `category` and `manufacturer`, drafts of new ones for the product.

        Returns:
            What became of each line: some may be refused while others are written.

        Raises:
            UsageError: no lines, or faults in them; nothing was sent, and `fields` has all of them by line and field.
            UnknownOutcomeError: the answer was lost; list the products by their item numbers.
        """
        sent = _checked(lines)
        decode = specials.struct(wire.ImportReport)
        return await self._client.send(specials.request("products.import_many", decode, json=sent))


def _checked(lines: Iterable[Mapping[str, object]]) -> list[dict[str, Any]]:
    faults: dict[str, str] = {}
    found = [_line(line, f"[{place}]", faults) for place, line in enumerate(lines)]
    if not found:
        raise UsageError("import_many was given no lines")
    if faults:
        raise UsageError("import_many: nothing was sent, since the lines have faults", fields=faults)
    return found


def _line(line: Mapping[str, object], where: str, faults: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in line.items():
        if name == "lookup_by_sku":
            found[name] = value
            if not isinstance(value, bool):
                faults[f"{where}.{name}"] = "expected True or False"
        elif (kind := _PARTS.get(name)) is None:
            faults[f"{where}.{str(name)[:60]}"] = f"is no part of a line; there are: lookup_by_sku, {', '.join(_PARTS)}"
        else:
            try:
                found[name] = drafts.members(kind, cast("Mapping[str, object]", value), new=False)
            except UsageError as error:
                told = {f"{where}.{name}.{field}": words for field, words in error.fields.items()}
                faults.update(told or {f"{where}.{name}": error.message})
    if "product" not in line:
        faults[f"{where}.product"] = "is missing"
    return found


class Categories(Resource[W, F, D], Generic[W, F, D]):
    """Spark Pay: /categories. After changes the shop shows the old tree until `rebuild_tree`."""

    async def rebuild_tree(self) -> None:
        """Starts rebuilding the tree of categories, which goes on after this returns (Spark Pay: categories)."""
        await self._client.send(specials.request("categories.rebuild_tree", specials.nothing))


class InventoryApi:
    """Spark Pay: /inventory. Stock of a product, or of a combination of its variants.

    Each call names what it is about by exactly one of `product_id`, `variant_inventory_id`, `item_number`, `gtin` and
    `item_name`.
    """

    def __init__(self, client: Sends) -> None:
        self._client = client

    async def get(
        self,
        *,
        product_id: int | None = None,
        variant_inventory_id: int | None = None,
        item_number: str | None = None,
        gtin: str | None = None,
        item_name: str | None = None,
        fresh: bool = False,
    ) -> wire.Inventory:
        """The quantity in stock.

        Raises:
            UsageError: not exactly one name.
            MissingError: there is no such product.
        """
        named = _named(product_id, variant_inventory_id, item_number, gtin, item_name)
        query = tuple((name, str(value)) for name, value in named.items())
        decode = specials.struct(wire.Inventory)
        headers = FRESH if fresh else ()
        return await self._client.send(specials.request("inventory.get", decode, query=query, headers=headers))

    async def add(
        self,
        quantity: int,
        *,
        product_id: int | None = None,
        variant_inventory_id: int | None = None,
        item_number: str | None = None,
        gtin: str | None = None,
        item_name: str | None = None,
    ) -> wire.Inventory:
        """Adds to the quantity in stock. Never sent twice.

        Raises:
            UsageError: not exactly one name, or a quantity that is no whole number.
            MissingError: there is no such product.
            UnknownOutcomeError: the answer was lost; read the stock and compare.
        """
        named = _named(product_id, variant_inventory_id, item_number, gtin, item_name)
        return await self._change("inventory.add", named, quantity)

    async def remove(
        self,
        quantity: int,
        *,
        product_id: int | None = None,
        variant_inventory_id: int | None = None,
        item_number: str | None = None,
        gtin: str | None = None,
        item_name: str | None = None,
    ) -> wire.Inventory:
        """Takes off the quantity in stock. Never sent twice.

        Raises: as `add`.
        """
        named = _named(product_id, variant_inventory_id, item_number, gtin, item_name)
        return await self._change("inventory.remove", named, quantity)

    async def set(
        self,
        quantity: int,
        *,
        product_id: int | None = None,
        variant_inventory_id: int | None = None,
        item_number: str | None = None,
        gtin: str | None = None,
        item_name: str | None = None,
    ) -> wire.Inventory:
        """Sets the quantity in stock.

        Raises:
            UsageError: not exactly one name, or a quantity that is no whole number.
            MissingError: there is no such product.
        """
        named = _named(product_id, variant_inventory_id, item_number, gtin, item_name)
        return await self._change("inventory.set", named, quantity)

    async def settings(self, *, fresh: bool = False) -> wire.InventorySettings:
        """How the store treats stock (Spark Pay: inventory, Getting inventory settings)."""
        decode = specials.struct(wire.InventorySettings)
        return await self._client.send(specials.request("inventory.settings", decode, headers=FRESH if fresh else ()))

    async def change_settings(self, settings: Mapping[str, object]) -> wire.InventorySettings:
        """Changes how the store treats stock; only what is given.

        Raises:
            UsageError: nothing is given, or a name that is no setting.
        """
        if not settings or settings.keys() - _SETTINGS:
            wrong = ", ".join(sorted(settings.keys() - _SETTINGS)) or "nothing"
            raise UsageError(f"inventory settings: got {wrong[:80]}; there are: {', '.join(sorted(_SETTINGS))}")
        decode = specials.struct(wire.InventorySettings)
        return await self._client.send(specials.request("inventory.change_settings", decode, json=settings))

    async def _change(self, name: str, named: dict[str, Any], quantity: int) -> wire.Inventory:
        if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 0:  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all checked
            raise UsageError(f"quantity: expected a whole number from 0, got {quantity!r}")
        decode = specials.struct(wire.Inventory)
        return await self._client.send(specials.request(name, decode, json={**named, "quantity": quantity}))


def _named(
    product_id: int | None,
    variant_inventory_id: int | None,
    item_number: str | None,
    gtin: str | None,
    item_name: str | None,
) -> dict[str, Any]:
    ids = {"product_id": product_id, "variant_inventory_id": variant_inventory_id}
    texts = {"item_number": item_number, "gtin": gtin, "item_name": item_name}
    named = {name: int(calls.id_text(value)) for name, value in ids.items() if value is not None}
    found: dict[str, Any] = named | {name: value for name, value in texts.items() if value}
    if len(found) != 1:
        known = ", ".join((*ids, *texts))
        raise UsageError(f"name a product by exactly one of {known}; got {', '.join(found) or 'none'}")
    return found
