"""Drafts as they are sent: every fault found at once, every value as the server wants it. Pure.

Follows Spark Pay: Common usage (POST, PUT) and each resource's page.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from collections.abc import Sequence as SequenceABC
from difflib import get_close_matches
from functools import cache, partial
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

import msgspec

from commerce_async.errors import UsageError
from commerce_async.http.sending import encoded
from sparkpay_async.drafts import values
from sparkpay_async.drafts.catalog import (
    CategoryDraft,
    ManufacturerDraft,
    ProductDraft,
    ProductPictureDraft,
    ProductPricingDraft,
    ProductStatusDraft,
    ProductVariantDraft,
    VariantGroupDraft,
    VariantInventoryDraft,
)
from sparkpay_async.drafts.people import AddressDraft, CustomerDraft
from sparkpay_async.drafts.sales import (
    OrderAddressDraft,
    OrderDraft,
    OrderItemDraft,
    OrderPaymentDraft,
    OrderShipmentDraft,
    OrderStatusDraft,
)
from sparkpay_async.drafts.settings import CouponCodeDraft, WarehouseDraft, WebhookDraft
from sparkpay_async.drafts.values import Fault, Rule
from sparkpay_async.kinds import KINDS, Kind, is_id
from sparkpay_async.query import columns

DRAFTS: Final[Mapping[str, Any]] = types.MappingProxyType(
    {
        "products": ProductDraft,
        "product_variants": ProductVariantDraft,
        "variant_groups": VariantGroupDraft,
        "variant_inventory": VariantInventoryDraft,
        "product_pictures": ProductPictureDraft,
        "product_pricing": ProductPricingDraft,
        "product_statuses": ProductStatusDraft,
        "categories": CategoryDraft,
        "manufacturers": ManufacturerDraft,
        "customers": CustomerDraft,
        "addresses": AddressDraft,
        "orders": OrderDraft,
        "order_items": OrderItemDraft,
        "order_payments": OrderPaymentDraft,
        "order_shipments": OrderShipmentDraft,
        "order_addresses": OrderAddressDraft,
        "order_statuses": OrderStatusDraft,
        "warehouses": WarehouseDraft,
        "coupon_codes": CouponCodeDraft,
        "webhooks": WebhookDraft,
    }
)
"""The fully typed drafts, by resource."""

_SERVERS_OWN: Final = ("created_at", "updated_at")

_BY_COLUMN: Final[Mapping[Any, Rule]] = {
    columns.Number: Rule(values.whole),
    columns.Text: Rule(values.text, ""),
    columns.Flag: Rule(values.flag),
    columns.Money: Rule(values.amount),
    columns.Real: Rule(values.real),
    columns.Time: Rule(values.moment),
}


def checked(kind: Kind[Any], draft: Mapping[str, object], new: bool) -> bytes:
    """A draft as the body of a POST or PUT.

    Args:
        kind: the resource.
        draft: its fields; only those that are in it are sent.
        new: whether a record is made from it, so that what a POST demands must be there.

    Raises:
        UsageError: anything is wrong with it; `fields` says what, for every field at once.
    """
    return encoded(members(kind, draft, new=new))


def members(kind: Kind[Any], draft: Mapping[str, object], *, new: bool) -> dict[str, Any]:
    """A draft's members as JSON has them, with decimals still `Decimal`. For the arguments and errors see `checked`.

    An `id` is let through, as a whole number from 1: a POST updates the record that has it.
    """
    if not isinstance(draft, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] - callers are not all checked
        raise UsageError(f"{kind.name}: a draft is a dict of fields, not {type(draft).__name__}")
    if not draft:
        raise UsageError(f"{kind.name}: the draft is empty, so that there is nothing to send")
    faults: dict[str, str] = {}
    found = _object(draft, rules(kind), faults, "", kind)
    for name in kind.required if new else ():
        if name not in faults and draft.get(name) in (None, "", [], ()):
            faults[name] = "is required for a new record"
    if faults:
        raise UsageError(f"{kind.name}: nothing was sent, since the draft has faults", fields=faults)
    return found


@cache
def rules(kind: Kind[Any]) -> Mapping[str, Rule]:
    """What can be written, by the vendor's name of the field. The server's own fields are not in it.

    Nested lists are: a POST may carry them (Spark Pay: Common usage).
    """
    draft = DRAFTS.get(kind.name)
    found = _of_columns(kind) if draft is None else of_draft(draft)
    nested = {name: Rule(partial(_objects, partial(rules, KINDS[of])), []) for name, of in kind.nested.items()}
    own = {} if kind.id_field is None else {kind.id_field: Rule(_id)}
    return types.MappingProxyType({**own, **nested, **found})


@cache
def of_draft(draft: Any) -> Mapping[str, Rule]:
    """The rules of a TypedDict's fields."""
    return {name: _rule(hint) for name, hint in get_type_hints(draft, include_extras=True).items()}


def _rule(hint: Any) -> Rule:
    if get_origin(hint) is Annotated:
        return next(each for each in get_args(hint)[1:] if isinstance(each, Rule))
    for part in get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,):
        if get_origin(part) is SequenceABC and is_typeddict(get_args(part)[0]):
            return Rule(partial(_objects, partial(of_draft, get_args(part)[0])), [])
    raise TypeError(f"no rule for {hint}")


def _of_columns(kind: Kind[Any]) -> dict[str, Rule]:
    """Of a resource without a typed draft: by its columns; lists and objects in it are taken as they are."""
    fields = (item for item in msgspec.structs.fields(kind.struct) if item.name != "raw")
    found = {str(item.encode_name): Rule(values.anything) for item in fields}
    for owner in kind.columns.__mro__ if kind.columns is not None else ():
        for declared in vars(owner).values():
            rule = _BY_COLUMN.get(declared.__class__)
            if rule is not None:
                found[declared.name] = rule
    for name in (*_SERVERS_OWN, "id", kind.id_field or "id", *kind.nested):
        found.pop(name, None)
    return found


def _object(
    draft: Mapping[str, object], known: Mapping[str, Rule], faults: dict[str, str], where: str, kind: Kind[Any] | None
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in draft.items():
        rule = known.get(name)
        if rule is None:
            faults[f"{where}{str(name)[:60]}"] = _unknown(name, known, kind)
            continue
        try:
            found[name] = rule.none if value is None else rule.write(value)
        except _NestedError as error:
            faults.update({f"{where}{name}{place}": words for place, words in error.faults.items()})
        except Fault as error:
            faults[f"{where}{name}"] = str(error)
    return found


class _NestedError(Fault):
    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("has faults")
        self.faults = faults


def _objects(known: Callable[[], Mapping[str, Rule]], value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list | tuple):
        raise Fault(f"expected a list of objects, got {type(value).__name__}")
    faults: dict[str, str] = {}
    found: list[dict[str, Any]] = []
    for place, each in enumerate(cast("SequenceABC[object]", value)):
        if isinstance(each, Mapping):
            found.append(_object(cast("Mapping[str, object]", each), known(), faults, f"[{place}].", None))
        else:
            faults[f"[{place}]"] = f"expected an object, got {type(each).__name__}"
    if faults:
        raise _NestedError(faults)
    return found


def _unknown(name: object, known: Mapping[str, Rule], kind: Kind[Any] | None) -> str:
    if not isinstance(name, str):
        return "is not a field's name"
    if kind is not None and name in _fields(kind.struct):
        return "is the server's own and cannot be written"
    close = get_close_matches(name, known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"is no field{'' if kind is None else f' of {kind.name}'}{hint}"


@cache
def _fields(struct: type[Any]) -> frozenset[str]:
    return frozenset(struct.__struct_encode_fields__)


def _id(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | str) or not is_id(str(value)) or int(value) == 0:
        raise Fault("is not an id: Spark Pay's ids are whole numbers from 1")
    return int(value)
