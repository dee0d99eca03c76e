"""What the special operations answer with (Spark Pay: the resources' own pages)."""

from __future__ import annotations

from typing import Any

import msgspec

from commerce_async.schema.lenient import Wire, untyped


class Inventory(Wire, frozen=True, kw_only=True):
    """Spark Pay: inventory. The stock of a product, or of one of its variants."""

    product_id: int | None = None
    variant_inventory_id: int | None = None
    item_number: str | None = None
    item_name: str | None = None
    gtin: str | None = None
    quantity: int | None = None


class InventorySettings(Wire, frozen=True, kw_only=True):
    """Spark Pay: inventory, Getting inventory settings."""

    track_inventory: bool | None = None
    remove_from_inventory_when: str | None = None
    out_of_stock_product_status_id: int | None = None
    in_stock_product_status_id: int | None = None
    back_order_product_status_id: int | None = None
    discontinued_product_status_id: int | None = None
    product_hide_no_inventory: bool | None = None


class PaymentResult(Wire, frozen=True, kw_only=True):
    """Spark Pay: orders, Process payment."""

    payment_declined: bool | None = None
    payment_processed: bool | None = None
    response: str | None = None


class ImportLine(Wire, frozen=True, kw_only=True):
    """What became of one line of an import."""

    line_item: int | str | None = None
    status_code: int | None = None
    entity_id: int | None = None
    message: str | None = None


class ImportResult(Wire, frozen=True, kw_only=True):
    """Spark Pay: products, importMany."""

    total_errors: int | None = None
    results: tuple[ImportLine, ...] = ()


class State(Wire, frozen=True, kw_only=True):
    """Spark Pay: addresses, Get state by postal code."""

    id: int | None = None
    state: str | None = None
    state_code: str | None = None
    country_id: int | None = None
    is_system_state: bool | None = None


class ActiveCatalog(Wire, frozen=True, kw_only=True):
    """Spark Pay: stores, Get store active catalog."""

    store_id: int | None = None
    is_micro_store: bool | None = None
    microstore_catalog_override: bool | None = None
    root_category_id: int | None = None
    category_ids: tuple[int, ...] = ()
    product_ids: tuple[int, ...] = ()


class AlertEmail(Wire, frozen=True, kw_only=True):
    """Spark Pay: stores, Get store alert emails."""

    id: int | None = None
    store_id: int | None = None
    email: str | None = None


class Decrypted:
    """A record with what is otherwise kept encrypted, such as the number of a card. It shows itself to `reveal()` only.

    No cache keeps it, and no repr, log or JSON carries it.
    """

    __slots__ = ("_raw", "of")

    def __init__(self, of: str, raw: bytes) -> None:
        self.of = of
        self._raw = raw

    def reveal(self) -> dict[str, Any]:
        """All members, fractions as `Decimal`."""
        return untyped(self._raw)

    def __repr__(self) -> str:
        return f"<Decrypted {self.of}>"

    def __reduce__(self) -> Any:
        # A pickle would carry it to a file or another machine.
        raise TypeError("what was decrypted is not pickled; read it again where it is needed")


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A reply whose members the vendor does not document.

    Attributes:
        id: of the record it is about, if it tells.
        members: all of it, fractions as `Decimal`.
        raw: as it came.
    """

    id: int | None = None
    members: dict[str, Any] = {}
    raw: bytes = b""
