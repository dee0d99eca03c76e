"""What all common records and their parts have in common."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from commerce_async import schema
from commerce_async.schema import order, product
from commerce_async.schema.base import Record

STRUCTS = [
    kind
    for module in (order, product)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
]


@pytest.mark.parametrize("kind", [Record, *STRUCTS], ids=lambda kind: kind.__name__)
def test_a_record_cannot_be_changed_and_costs_the_garbage_collector_nothing(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen
    assert not kind.__struct_config__.gc


def test_products_and_orders_are_among_them() -> None:
    assert {schema.Product, schema.Order, schema.Price, schema.OrderLine} <= set(STRUCTS)
