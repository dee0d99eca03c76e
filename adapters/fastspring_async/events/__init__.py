"""FastSpring's events: typed, listed past the 25 of a reply, marked as processed, and consumed."""

from fastspring_async.events.cursor import FullMillisecondError
from fastspring_async.events.data import (
    AccountData,
    ChargeData,
    EventData,
    MailingListData,
    OtherData,
    Payout,
    PayoutData,
    ReturnData,
    SubscriptionData,
    Subtraction,
)
from fastspring_async.events.event import Event, read_event
from fastspring_async.events.plan import Consumed, Handler, HandlerFailure, OrderedBy

__all__ = [
    "AccountData",
    "ChargeData",
    "Consumed",
    "Event",
    "EventData",
    "FullMillisecondError",
    "Handler",
    "HandlerFailure",
    "MailingListData",
    "OrderedBy",
    "OtherData",
    "Payout",
    "PayoutData",
    "ReturnData",
    "SubscriptionData",
    "Subtraction",
    "read_event",
]
