"""FastSpring's own endpoints, with its own types (`fastspring_async.wire`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, overload

import msgspec

from commerce_async.http.call import Call, Reply
from commerce_async.http.client import Client
from commerce_async.http.sending import checked_headers
from fastspring_async import operations, wire
from fastspring_async.api.accounts import AccountsApi
from fastspring_async.api.coupons import CouponsApi
from fastspring_async.api.data import DataApi
from fastspring_async.api.events import EventsApi
from fastspring_async.api.invoices import InvoicesApi
from fastspring_async.api.offers import OffersApi
from fastspring_async.api.orders import OrdersApi
from fastspring_async.api.products import ProductsApi
from fastspring_async.api.quotes import QuotesApi
from fastspring_async.api.returns import ReturnsApi
from fastspring_async.api.sessions import CheckoutsApi, SessionsApi
from fastspring_async.api.subscriptions import SubscriptionsApi
from fastspring_async.api.webhook_keys import WebhookKeysApi
from fastspring_async.calls import CurrencyParameter
from fastspring_async.calls.sending import checked_method, checked_path, checked_query, encoded
from fastspring_async.reading import typed

T = TypeVar("T")


class Api:
    """The vendor's own API, one attribute per family. docs/fastspring-operations.md lists every operation.

    Args:
        page_size: records per page of a list.
        currency_parameter: how a price's currency is asked for.
    """

    def __init__(self, client: Client, *, page_size: int = 50, currency_parameter: CurrencyParameter = "cy") -> None:
        self._client = client
        self.products = ProductsApi(client, currency_parameter)
        self.offers = OffersApi(client)
        self.orders = OrdersApi(client, page_size)
        self.events = EventsApi(client)
        self.accounts = AccountsApi(client, page_size)
        self.coupons = CouponsApi(client)
        self.returns = ReturnsApi(client)
        self.sessions = SessionsApi(client)
        self.checkouts = CheckoutsApi(client)
        self.subscriptions = SubscriptionsApi(client, page_size)
        self.quotes = QuotesApi(client)
        self.invoices = InvoicesApi(client)
        self.data = DataApi(client)
        self.webhook_keys = WebhookKeysApi(client)

    @overload
    async def request(
        self,
        method: str,
        path: str | Iterable[str],
        *,
        query: Mapping[str, object] | Iterable[tuple[str, object]] = (),
        json: object = msgspec.UNSET,
        headers: Mapping[str, str] | None = None,
        decode: None = None,
        idempotent: bool | None = None,
    ) -> Any: ...

    @overload
    async def request(
        self,
        method: str,
        path: str | Iterable[str],
        *,
        query: Mapping[str, object] | Iterable[tuple[str, object]] = (),
        json: object = msgspec.UNSET,
        headers: Mapping[str, str] | None = None,
        decode: type[T],
        idempotent: bool | None = None,
    ) -> T: ...

    async def request(
        self,
        method: str,
        path: str | Iterable[str],
        *,
        query: Mapping[str, object] | Iterable[tuple[str, object]] = (),
        json: object = msgspec.UNSET,
        headers: Mapping[str, str] | None = None,
        decode: type[Any] | None = None,
        idempotent: bool | None = None,
    ) -> Any:
        """Any request, through the same pipeline: limits, retries, verdicts and errors are those of every other call.

        A reply that is nothing but the vendor's error raises; errors in the places of some members of a list do not.

        Args:
            method: GET, POST, PUT or DELETE; in upper case when sent.
            path: `/a/b`, below the store's base URL, or its segments as plain text.
            query: names and values: text, numbers, dates, True and False; None is left out.
            json: the body. `Decimal` stands in it digit for digit.
            headers: sent beside our own.
            decode: the type that the reply is read as: a msgspec type, `bytes` for the body as it came, or `Reply` for
                status, headers and body. Without one it is plain objects, fractions as exact `Decimal`.
            idempotent: whether it may be sent again after a lost answer. By default that is looked up in the table of
                operations; what is not in it is sent again only if it is a GET.

        Raises:
            UsageError: the method, the path, the query, a header or the body cannot be sent.
            CommerceError: as every call.
        """
        verb, where = checked_method(method), checked_path(path)
        row = operations.matching(verb, where)
        if idempotent is None:
            idempotent = verb == "GET" if row is None else row.repeat is operations.Repeat.YES
        family = row.family if row else where.split("/")[1]

        def read(reply: Reply) -> Any:
            if decode is Reply:
                return reply
            if decode is bytes:
                return reply.body
            return wire.plain(reply.body) if decode is None else typed(reply.body, decode)

        call: Call[Any] = Call(
            f"{family}.request",
            verb,
            where,
            read,
            checked_query(query),
            None if json is msgspec.UNSET else encoded(json, floats=True),
            checked_headers(headers or {}, "authorization"),
            idempotent=idempotent,
            check=row.check if row else "",
        )
        return await self._client.send(call)


__all__ = [
    "AccountsApi",
    "Api",
    "CheckoutsApi",
    "CouponsApi",
    "DataApi",
    "EventsApi",
    "InvoicesApi",
    "OffersApi",
    "OrdersApi",
    "ProductsApi",
    "QuotesApi",
    "ReturnsApi",
    "SessionsApi",
    "SubscriptionsApi",
    "WebhookKeysApi",
]
