"""A web service over the stores of a configuration file: products by id, webhooks, and its own health.

    STORES=stores.toml FASTSPRING_WEBHOOK_SECRET=… uvicorn --factory --app-dir examples service_fastapi:make_app

Needs FastAPI and an ASGI server, which are no part of this project.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, cast

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from commerce_async.config import load_stores
from commerce_async.errors import (
    CommerceError,
    DeadlineError,
    MissingError,
    TemporaryError,
    ThrottledOrMissingError,
    UsageError,
)
from commerce_async.store import ProvidesProducts, Store
from fastspring_async.events import Event
from fastspring_async.webhooks import asgi_app

# -- dependencies: what a handler asks for, by type --------------------------------------------------------------


def all_stores(request: Request) -> Mapping[str, Store]:
    """Every open store by its name; made once, in the lifespan."""
    return cast("Mapping[str, Store]", request.app.state.stores)


Stores: TypeAlias = Annotated[Mapping[str, Store], Depends(all_stores)]


def one_catalog(store: str, stores: Stores, request: Request) -> ProvidesProducts:
    """The store that the path names. A person waits, so its calls have a deadline, and go before any bulk job."""
    found = stores.get(store)
    if found is None:
        raise HTTPException(404, f"there is no store {store!r}")
    quick = found.with_options(deadline=request.app.state.deadline)
    if not isinstance(quick, ProvidesProducts):
        raise HTTPException(404, f"the store {store!r} has no products")
    return quick


Catalog: TypeAlias = Annotated[ProvidesProducts, Depends(one_catalog)]

# -- what goes out -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Amount:
    """One price. The amount is text: as a number of JSON it would be a float to most who read it."""

    currency: str
    amount: str


@dataclass(frozen=True)
class Offer:
    """A product, as this service shows it."""

    store: str
    id: str
    sku: str | None
    name: str | None
    prices: list[Amount]


# -- handlers ----------------------------------------------------------------------------------------------------


async def product(id: str, catalog: Catalog) -> Offer:
    """One product in the common schema."""
    found = await catalog.products.get(id)
    prices = [Amount(currency=price.currency, amount=str(price.amount)) for price in found.prices]
    return Offer(store=found.store, id=found.id, sku=found.sku, name=found.name, prices=prices)


async def health(stores: Stores) -> dict[str, Any]:
    """What is left of each store's limit. It sends nothing, so it may be asked as often as one likes."""
    told: dict[str, Any] = {}
    for name, store in stores.items():
        now = store.client.limiter.snapshot()
        told[name] = {
            "quota_left": round(1 - now.share, 3),
            "in_flight": now.in_flight,
            "waiting": store.client.limiter.waiting,
            "paused_for": round(now.paused, 1),
            "throttled": store.client.stats.throttled,
        }
    return {"status": "ok", "stores": told}


async def failed(_request: Request, error: Exception) -> Response:
    """An error of the tree as HTTP: what the caller can do about it, and no more."""
    headers: dict[str, str] = {}
    status = 502
    if isinstance(error, MissingError):
        status = 404
    elif isinstance(error, UsageError):
        status = 422
    elif isinstance(error, TemporaryError) and error.retry_after is not None:
        status = 503
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    elif isinstance(error, DeadlineError | ThrottledOrMissingError):
        status = 504
    elif isinstance(error, TemporaryError):
        status = 503
    message = error.message if isinstance(error, CommerceError) else ""
    return JSONResponse({"error": type(error).__name__, "message": message}, status, headers)


# -- the application ---------------------------------------------------------------------------------------------


def make_app(config: str | None = None, secret: str | None = None, *, deadline: float = 5.0) -> FastAPI:
    """The application.

    Args:
        config: the stores' file; by default what `STORES` names.
        secret: of FastSpring's webhooks; by default what `FASTSPRING_WEBHOOK_SECRET` holds.
        deadline: seconds for a call to a store.
    """
    received: deque[Event] = deque(maxlen=100)

    async def on_event(event: Event) -> None:
        """Called for each event once its signature is verified, maybe more than once for the same; it returns at once.

        Work that takes long, or must not be lost with this process, goes to a queue outside of it.
        """
        received.append(event)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            stores = load_stores(config or os.environ["STORES"])
            app.state.stores = {store.name: await stack.enter_async_context(store) for store in stores}
            yield

    app = FastAPI(title="catalog", lifespan=lifespan)
    app.state.deadline = deadline
    app.state.received = received
    app.add_api_route("/stores/{store}/products/{id}", product)
    app.add_api_route("/health", health)
    app.add_exception_handler(CommerceError, failed)
    app.mount("/webhooks/fastspring", asgi_app(on_event, secret=secret or os.environ["FASTSPRING_WEBHOOK_SECRET"]))
    return app
