"""FastSpring's own endpoints, with its own types (`fastspring_async.wire`)."""

from __future__ import annotations

from commerce_async.http.client import Client
from fastspring_async.api.orders import OrdersApi
from fastspring_async.api.products import ProductsApi
from fastspring_async.calls import CurrencyParameter


class Api:
    """The vendor's own API: `.products` and `.orders`.

    Args:
        currency_parameter: how a price's currency is asked for.
    """

    def __init__(self, client: Client, *, page_size: int = 50, currency_parameter: CurrencyParameter = "cy") -> None:
        self.products = ProductsApi(client, currency_parameter)
        self.orders = OrdersApi(client, page_size)


__all__ = ["Api", "OrdersApi", "ProductsApi"]
