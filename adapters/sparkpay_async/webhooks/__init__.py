"""Spark Pay's webhooks: their addresses, registering them, and receiving them with aiohttp.web and ASGI."""

from commerce_async.http.receiving import Answer
from sparkpay_async.webhooks.addresses import Addresses, new_secret
from sparkpay_async.webhooks.events import NOTICES, QUESTIONS
from sparkpay_async.webhooks.handlers import aiohttp_handler, asgi_app
from sparkpay_async.webhooks.parsing import Claim, ItemStatus, Notice, Question, Record, parse_notice, parse_question
from sparkpay_async.webhooks.receiving import MAX_BODY, Receiver
from sparkpay_async.webhooks.registering import Registration, register, unregister

__all__ = [
    "MAX_BODY",
    "NOTICES",
    "QUESTIONS",
    "Addresses",
    "Answer",
    "Claim",
    "ItemStatus",
    "Notice",
    "Question",
    "Receiver",
    "Record",
    "Registration",
    "aiohttp_handler",
    "asgi_app",
    "new_secret",
    "parse_notice",
    "parse_question",
    "register",
    "unregister",
]
