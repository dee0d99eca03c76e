"""OpenTelemetry: a span per call, and figures of calls, limits and records. Needs `commerce-async[telemetry]`.

It works by itself in a program that has set up an OpenTelemetry SDK, and costs nothing in any other: this module is
not even imported before something else has imported OpenTelemetry. Names follow OpenTelemetry: Semantic conventions for
HTTP (stable); what those do not have begins with `commerce_async.`. No query, header, body, path or id is told: of a
path only its template.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from opentelemetry import context, metrics, trace
from opentelemetry.trace import SpanKind, Status, StatusCode

from commerce_async import __version__
from commerce_async.http.trace import Event

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

    from commerce_async.http.client import Client

NAME: Final = "commerce_async"
SCHEMA: Final = "https://opentelemetry.io/schemas/1.37.0"
# As the conventions advise for durations of requests in seconds; calls and waits under a limit may be much longer.
_REQUEST_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
_CALL_BUCKETS: Final = (*_REQUEST_BUCKETS, 30, 60, 300, 900)
_WORDS: Final = re.compile(r"[a-z]+")


def of(client: Client) -> Telemetry | None:
    """What tells OpenTelemetry of a client's calls; None if the program has set up no SDK."""
    if _idle(trace.get_tracer_provider()) and _idle(metrics.get_meter_provider()):
        return None
    return Telemetry(client)


def _idle(provider: object) -> bool:
    """Whether it is one of the API's own, which do nothing."""
    return type(provider).__module__.startswith(("opentelemetry.trace", "opentelemetry.metrics"))


class Telemetry:
    """Tells OpenTelemetry of one client's calls. It is a hook, and current while a call is under way.

    Args:
        client: whose store, server and limit they are.
        tracer_provider, meter_provider: the program's by default. With others, give it as a hook:
            `store.with_options(hooks=(Telemetry(store.client, tracer_provider=mine),))`.
    """

    def __init__(
        self,
        client: Client,
        *,
        tracer_provider: TracerProvider | None = None,
        meter_provider: MeterProvider | None = None,
    ) -> None:
        url = urlsplit(client.base_url)
        self._limiter = client.limiter
        self._tracer = trace.get_tracer(NAME, __version__, tracer_provider, SCHEMA)
        self._figures = _Figures(meter_provider)
        self._server: dict[str, Any] = {
            "server.address": url.hostname or "",
            "server.port": url.port or (443 if url.scheme == "https" else 80),
        }
        self._store = {"commerce_async.store": client.store}
        self._under_way: dict[int, _Call] = {}

    def __call__(self, event: Event) -> None:
        """Takes one step of a call."""
        if event.kind == "call":
            self._begin(event)
            return
        call = self._under_way.get(event.call)
        if call is not None:  # it may have begun before this was a hook
            self._step(event, call)

    def records(self, stream: str, *, new: int, changed: int, unchanged: int, unreadable: int) -> None:
        """Counts the records of a page that a sync has written.

        Args:
            stream: `products` or `orders`.
        """
        counts = {"new": new, "changed": changed, "unchanged": unchanged, "unreadable": unreadable}
        for outcome, count in counts.items():
            if count:
                told = {**self._store, "commerce_async.stream": stream, "commerce_async.outcome": outcome}
                self._figures.records.add(count, told)

    def _begin(self, event: Event) -> None:
        template = template_of(event.path, event.operation)
        span = self._tracer.start_span(
            f"{event.method} {template}",
            kind=SpanKind.CLIENT,
            attributes={
                "http.request.method": event.method,
                "url.template": template,
                **self._server,
                **self._store,
                "commerce_async.operation": event.operation,
            },
        )
        self._under_way[event.call] = _Call(span, context.attach(trace.set_span_in_context(span)))

    def _step(self, event: Event, call: _Call) -> None:
        figures = self._figures
        if event.kind == "attempt":
            self._attempt(event, call)
        elif event.kind == "wait":
            figures.wait.record(event.seconds, self._store)
            call.span.add_event("commerce_async.wait", {"commerce_async.seconds": event.seconds})
        elif event.kind == "throttle":
            figures.throttles.add(1, self._store)
            call.span.add_event("commerce_async.throttle", {"commerce_async.seconds": event.seconds})
        elif event.kind == "retry":
            call.span.add_event("commerce_async.retry", {"commerce_async.seconds": event.seconds})
        elif event.kind == "hit":
            call.span.add_event("commerce_async.cache_hit")
        else:
            self._end(event, call)

    def _attempt(self, event: Event, call: _Call) -> None:
        call.status = event.status
        told: dict[str, Any] = {}
        if event.status is not None:
            told["http.response.status_code"] = event.status
        if event.error is not None:
            told["error.type"] = event.error
        elif event.status is not None and event.status >= 400:
            told["error.type"] = str(event.status)
        self._figures.requests.record(
            event.seconds, {"http.request.method": event.method, **self._server, **self._store, **told}
        )
        self._figures.quota.set(self._limiter.snapshot().share, self._store)
        if event.attempt > 1:
            told["http.request.resend_count"] = event.attempt - 1
        call.span.add_event("commerce_async.attempt", {**told, "commerce_async.seconds": event.seconds})

    def _end(self, event: Event, call: _Call) -> None:
        del self._under_way[event.call]
        span, told = call.span, {**self._store, "commerce_async.operation": event.operation}
        if call.status is not None:
            span.set_attribute("http.response.status_code", call.status)
        if event.attempt > 1:
            span.set_attribute("http.request.resend_count", event.attempt - 1)
        if event.error is not None:
            told["error.type"] = event.error
            span.set_attribute("error.type", event.error)
            if event.error != "CancelledError":  # which is the caller's wish, and no error
                span.set_status(Status(StatusCode.ERROR))
        self._figures.calls.record(event.seconds, told)
        span.end()
        context.detach(call.token)


class _Call:
    """One call under way."""

    __slots__ = ("span", "status", "token")

    def __init__(self, span: Span, token: Token[context.Context]) -> None:
        self.span = span
        self.token = token
        self.status: int | None = None


class _Figures:
    """The instruments. OpenTelemetry gives the same ones for the same names."""

    def __init__(self, provider: MeterProvider | None) -> None:
        meter = metrics.get_meter(NAME, __version__, provider, SCHEMA)
        self.requests = meter.create_histogram(
            "http.client.request.duration",
            unit="s",
            description="Duration of HTTP client requests.",
            explicit_bucket_boundaries_advisory=_REQUEST_BUCKETS,
        )
        self.calls = meter.create_histogram(
            "commerce_async.call.duration",
            unit="s",
            description="Duration of calls, with all their requests, waits and retries.",
            explicit_bucket_boundaries_advisory=_CALL_BUCKETS,
        )
        self.wait = meter.create_histogram(
            "commerce_async.wait.duration",
            unit="s",
            description="Time that calls waited for the rate limit, of those that had to.",
            explicit_bucket_boundaries_advisory=_CALL_BUCKETS,
        )
        self.throttles = meter.create_counter(
            "commerce_async.throttles", unit="{reply}", description="Replies that were throttles."
        )
        self.quota = meter.create_gauge(
            "commerce_async.quota.utilization",
            unit="1",
            description="Share of the account's rate limit in use, 0 to 1, at the last reply.",
        )
        self.records = meter.create_counter(
            "commerce_async.records", unit="{record}", description="Records that syncs have read and written."
        )


def template_of(path: str, operation: str) -> str:
    """A path without what is particular to one call: `/products/a,b` of `products.get` is `/products/{}`.

    Segments stay that are words of the operation's name, so that no id can be told by accident.
    """
    words = _WORDS.findall(operation.lower())
    return "/".join(segment if not segment or _is_word(segment, words) else "{}" for segment in path.split("/"))


def _is_word(segment: str, words: list[str]) -> bool:
    parts = segment.replace("-", "_").split("_")
    return all(len(part) > 2 and any(word.startswith(part) for word in words) for part in parts)


__all__ = ["Telemetry", "template_of"]
