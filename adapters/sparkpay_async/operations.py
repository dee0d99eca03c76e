"""Every operation of every resource: its name here, how it is sent, and whether it may be sent again. Pure.

Whether a call may go out a second time when its answer was lost is decided in this table and nowhere else:

* `YES`: twice is as once.
* `SETTLE`: not sent again blindly. It is looked up first whether it was carried out.
* `NEVER`: not sent again, and nothing to look up that would prove it: the caller is told what to look at.

A throttled request is another matter: it was not carried out, so it goes out again whatever it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

import msgspec

from sparkpay_async.kinds import RESOURCES, Kind


class Repeat(Enum):
    """Whether a call may be sent again after its answer was lost."""

    YES = "yes"
    SETTLE = "settle"
    NEVER = "never"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table.

    Attributes:
        name: `<resource>.<verb>`, which is also the call on `store.api`, unless `ours` names another.
        method: HTTP method.
        path: template, below the store's base URL.
        repeat: see `Repeat`.
        why: why it may, or may not, be sent again.
        check: for a write that is not: what to look at.
        ours: the call on `store.api`, where it is not the name.
    """

    name: str
    method: str
    path: str
    repeat: Repeat = Repeat.YES
    why: str = "reads only"
    check: str = ""
    ours: str = ""

    @property
    def call(self) -> str:
        """The call on `store.api`."""
        return self.ours or self.name

    @property
    def resource(self) -> str:
        """The part of the name before the dot."""
        return self.name.partition(".")[0]


_YES, _SETTLE, _NEVER = Repeat.YES, Repeat.SETTLE, Repeat.NEVER

_READS: Final = {"list": "", "get": "/{id}", "filled": "/{id}/filled", "select_many": "/select_many"}


def _generic(kind: Kind[Any]) -> Iterator[Operation]:
    root = f"/{kind.name}"
    for verb, behind in _READS.items():
        if verb in kind.verbs:
            yield _get(f"{kind.name}.{verb}", root + behind)
    for name in kind.nested:
        yield _get(f"{kind.name}.{name}", f"{root}/{{id}}/{name}", ours=f"{kind.name}.nested")
    if "create" in kind.verbs:
        yield _create(kind)
    if "update" in kind.verbs:
        yield _write("PUT", f"{kind.name}.update", f"{root}/{{id}}", _YES, "the fields sent are set to the same values")
    if "delete" in kind.verbs:
        yield _write("DELETE", f"{kind.name}.delete", f"{root}/{{id}}", _YES,
                     "gone is gone; that it is not there at a second try is the success of the first")  # fmt: skip


def _create(kind: Kind[Any]) -> Operation:
    name, root = f"{kind.name}.create", f"/{kind.name}"
    if kind.natural:
        named = " and ".join(kind.natural)
        return _write("POST", name, root, _SETTLE,
                      f"each may make another; it is looked up by {named} before anything is sent again",
                      f"List {kind.name} by {named}, and look for a record that was not there before.")  # fmt: skip
    return _write("POST", name, root, _NEVER, "each may make another, and nothing names one but its id",
                  f"List {kind.name} by what you sent, the newest first, and look for the record.")  # fmt: skip


def _get(name: str, path: str, *, ours: str = "") -> Operation:
    return Operation(name=name, method="GET", path=path, ours=ours)


def _write(method: str, name: str, path: str, repeat: Repeat, why: str, check: str = "") -> Operation:
    return Operation(name=name, method=method, path=path, repeat=repeat, why=why, check=check)


_INTEGRATION: Final = "the vendor looks the record up by itself, but may not find one that is just being made"
_STOCK: Final = "Read the inventory and compare the quantity with what it was."
_IMPORT: Final = "Look at the store's imports in the admin console before you start it again."


def _integration(resource: str, check: str) -> Operation:
    return _write("POST", f"{resource}.integration", f"/{resource}/integration", _NEVER, _INTEGRATION, check)


_SPECIAL: Final = (
    _get("addresses.state_by_postalcode", "/addresses/state_by_postalcode/{postal_code}"),
    _integration("customers", "List customers by e-mail."),
    _write("PUT", "orders.set_status", "/orders/{id}/status", _SETTLE,
           "it may send e-mails each time; the order is read before anything is sent again",
           "Read the order and look at its order_status_id."),
    _write("POST", "orders.process_payment", "/orders/{id}/process_payment", _NEVER, "money is taken each time",
           "Read the order's payments, and look for one that you did not see."),
    _write("POST", "orders.process_payments", "/orders/{id}/process_payments", _NEVER, "money is taken each time",
           "Read the order's payments, and look whether they are approved."),
    _integration("orders", "List orders by order_number, or by customer and time."),
    _get("order_payments.decrypted", "/order_payments/{id}/decrypted"),
    _integration("order_payments", "Read the order's payments, and look for this one."),
    _integration("order_shipments", "Read the order's shipments, and look for this one."),
    _get("credit_cards.decrypted", "/credit_cards/{id}/decrypted"),
    _get("carts.calculated", "/carts/{id}/calculated"),
    _write("PUT", "carts.set_shipping_estimation", "/carts/{id}/shipping_estimation", _YES,
           "the address is set to the same values"),
    _write("PUT", "carts.set_coupon_code", "/carts/{id}/coupon_code", _YES, "the code is set to the same value"),
    _write("POST", "products.import_many", "/products/importMany", _NEVER,
           "it may make products that are there already, where it does not look them up by item number",
           "List the products by item_number."),
    _integration("products", "List products by item_number."),
    _write("POST", "categories.rebuild_tree", "/categories/rebuild_tree", _YES, "rebuilt twice is as rebuilt once"),
    _get("inventory.get", "/inventory"),
    _write("POST", "inventory.add", "/inventory/add", _NEVER, "the quantity is added each time", _STOCK),
    _write("POST", "inventory.remove", "/inventory/remove", _NEVER, "the quantity is taken off each time", _STOCK),
    _write("POST", "inventory.set", "/inventory/set", _YES, "the count is set to the same value"),
    _get("inventory.settings", "/inventory/settings"),
    _write("PUT", "inventory.change_settings", "/inventory/settings", _YES,
           "the fields sent are set to the same values"),
    _write("POST", "email_templates.send", "/email_templates/{id}/send", _NEVER, "an e-mail goes out each time",
           "Ask who was to receive it, or look at the store's e-mail log."),
    _get("subscriptions.with_lookups", "/subscriptions"),
    _get("stores.active_catalog", "/stores/{id}/active_catalog"),
    _write("PUT", "stores.change_active_catalog", "/stores/{id}/active_catalog", _YES,
           "the catalog is set to the same values"),
    _get("stores.alert_emails", "/stores/{id}/store_alert_email"),
    _write("PUT", "stores.add_alert_email", "/stores/{id}/store_alert_email", _NEVER, "each may add the address again",
           "Read the store's alert e-mails."),
    _write("POST", "files.upload", "/upload", _YES,
           "the file is put in the place of itself; without `overwrite` it is not sent again",
           "Look whether the file is there."),
    _write("POST", "imports.file", "/import/file", _NEVER, "each starts another import", _IMPORT),
    _write("POST", "imports.fetch", "/import/fetch", _NEVER, "each starts another import", _IMPORT),
    _write("POST", "imports.theme", "/themes/import", _NEVER, "each makes another theme",
           "Look at the store's themes in the admin console before you import it again."),
)  # fmt: skip

OPERATIONS: Final = (*(row for kind in RESOURCES.values() for row in _generic(kind)), *_SPECIAL)
"""Every operation: the generic ones by resource, then the special ones."""

SPECIAL: Final = _SPECIAL
"""Those that only some resources have."""

_BY_NAME: Final = {row.name: row for row in OPERATIONS}


def operation(name: str) -> Operation:
    """The row of that name.

    Raises:
        KeyError: there is none.
    """
    return _BY_NAME[name]


def matching(method: str, path: str) -> Operation | None:
    """The operation that a request is, by its method and its path as quoted; None if it is none in the table.

    `.json` behind the path means nothing (Spark Pay: API overview). Where several share a request, the first counts.
    """
    bare = path.removesuffix(".json")
    found = [row for row in OPERATIONS if row.method == method and _pattern(row.path).fullmatch(bare)]
    exact = [row for row in found if "{" not in row.path]
    return next(iter(exact or found), None)


_SLOT: Final = re.compile(r"\{\w+\}")
_PATTERNS: Final[dict[str, re.Pattern[str]]] = {}


def _pattern(path: str) -> re.Pattern[str]:
    found = _PATTERNS.get(path)
    if found is None:
        found = _PATTERNS[path] = re.compile("[^/]+".join(map(re.escape, _SLOT.split(path))))
    return found
