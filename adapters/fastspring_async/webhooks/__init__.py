"""FastSpring's webhooks: the signature, the events, the answer, and handlers for aiohttp.web and ASGI."""

from commerce_async.http.receiving import Answer
from fastspring_async.webhooks.aiohttp_handler import aiohttp_handler
from fastspring_async.webhooks.asgi import asgi_app
from fastspring_async.webhooks.parsing import acknowledge, parse
from fastspring_async.webhooks.receiving import MAX_BODY, Receiver
from fastspring_async.webhooks.signing import HEADER, sign, verify

__all__ = [
    "HEADER",
    "MAX_BODY",
    "Answer",
    "Receiver",
    "acknowledge",
    "aiohttp_handler",
    "asgi_app",
    "parse",
    "sign",
    "verify",
]
