"""What OpenTelemetry is told of calls: by its conventions, nothing private, and nothing at all where it is off."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from commerce_async.errors import CommerceError, NetworkError
from commerce_async.http.client import Client, Options
from commerce_async.http.telemetry import Telemetry, of, template_of
from tests.http.kit import AT_ONCE, Counting, Fake, Step, faked, get, virtual


class Told:
    """An SDK of the test's own: what was told ends here."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracers = TracerProvider(shutdown_on_exit=False)
        self.tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self.meters = MeterProvider([self._reader], shutdown_on_exit=False)

    def attach(self, client: Client) -> Client:
        telemetry = Telemetry(client, tracer_provider=self.tracers, meter_provider=self.meters)
        return client.with_options(hooks=(telemetry,))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._spans.get_finished_spans()

    @property
    def span(self) -> ReadableSpan:
        (span,) = self.spans
        return span

    def metrics(self) -> dict[str, list[Any]]:
        data = self._reader.get_metrics_data()
        assert data is not None
        (scope,) = data.resource_metrics[0].scope_metrics
        assert scope.scope.name == "commerce_async"
        return {metric.name: list(metric.data.data_points) for metric in scope.metrics}


def watched(fake: Fake, use: Callable[[Client], Any], **settings: Any) -> Told:
    told = Told()

    async def main() -> None:
        client = told.attach(faked(fake, options=settings.pop("options", Options(retry=AT_ONCE)), **settings))
        with suppress(CommerceError):
            await use(client)

    virtual(main)
    return told


def events(span: ReadableSpan) -> list[str]:
    return [event.name.removeprefix("commerce_async.") for event in span.events]


def test_a_call_is_a_client_span_with_the_attributes_of_the_conventions() -> None:
    span = watched(Fake(), lambda client: client.send(get("/things/7", query=(("email", "a@example.com"),)))).span
    assert (span.name, span.kind, span.status.status_code) == ("GET /things/{}", SpanKind.CLIENT, StatusCode.UNSET)
    assert dict(span.attributes or {}) == {
        "http.request.method": "GET",
        "server.address": "shop.example",
        "server.port": 443,
        "url.template": "/things/{}",
        "http.response.status_code": 200,
        "commerce_async.store": "shop",
        "commerce_async.operation": "things.get",
    }
    assert events(span) == ["attempt"]
    assert span.instrumentation_scope is not None
    assert span.instrumentation_scope.name == "commerce_async"


def test_every_attempt_wait_throttle_and_retry_is_an_event_of_the_call() -> None:
    fake = Fake(Step(429, headers={"retry-after": "7"}), Step(503), Step(fails=NetworkError("lost")))
    span = watched(fake, lambda client: client.send(get())).span
    assert events(span) == [
        "attempt", "throttle", "retry", "wait", "attempt", "retry", "attempt", "retry", "attempt",
    ]  # fmt: skip
    attempts = [dict(event.attributes or {}) for event in span.events if event.name.endswith("attempt")]
    assert [each.get("http.response.status_code") for each in attempts] == [429, 503, None, 200]
    assert [each.get("error.type") for each in attempts] == ["429", "503", "NetworkError", None]
    assert [each.get("http.request.resend_count") for each in attempts] == [None, 1, 2, 3]
    waited = next(dict(event.attributes or {}) for event in span.events if event.name.endswith("wait"))
    assert waited == {"commerce_async.seconds": pytest.approx(7.0)}
    assert (span.attributes or {})["http.request.resend_count"] == 3


def test_a_call_that_fails_is_an_error_by_its_class_and_a_cancelled_one_is_none() -> None:
    failed = watched(Fake(Step(400, b"no, Anna")), lambda client: client.send(get())).span
    assert failed.status.status_code is StatusCode.ERROR
    assert failed.status.description is None
    assert (failed.attributes or {})["error.type"] == "RejectedError"

    async def cancel(client: Client) -> None:
        task = asyncio.ensure_future(client.send(get()))
        await asyncio.sleep(1.0)
        task.cancel()
        await asyncio.wait([task])

    cancelled = watched(Fake(always=Step(seconds=50.0)), cancel).span
    assert cancelled.status.status_code is StatusCode.UNSET
    assert (cancelled.attributes or {})["error.type"] == "CancelledError"


def test_metrics_count_requests_calls_waits_throttles_and_the_quota() -> None:
    async def use(client: Client) -> None:
        await asyncio.gather(client.send(get("/1")), client.send(get("/2")))
        with suppress(CommerceError):
            await client.send(get("/3"))

    fake = Fake(Step(429, headers={"retry-after": "7"}), Step(), Step(), Step(400))
    told = watched(fake, use, policy=Counting(1)).metrics()
    requests = {
        point.attributes.get("http.response.status_code"): (point.count, point.attributes.get("error.type"))
        for point in told["http.client.request.duration"]
    }
    assert requests == {429: (1, "429"), 200: (2, None), 400: (1, "400")}
    assert told["http.client.request.duration"][0].explicit_bounds[0] == 0.005
    assert {point.attributes.get("error.type"): point.count for point in told["commerce_async.call.duration"]} == {
        None: 2,
        "RejectedError": 1,
    }
    (throttles,) = told["commerce_async.throttles"]
    (wait,) = told["commerce_async.wait.duration"]
    (quota,) = told["commerce_async.quota.utilization"]
    assert throttles.value == 1
    assert wait.count == 2
    assert wait.sum == pytest.approx(14.0)
    assert 0.0 <= quota.value <= 1.0
    assert dict(quota.attributes) == {"commerce_async.store": "shop"}


def test_records_are_counted_by_what_became_of_them() -> None:
    told = Told()
    telemetry = Telemetry(faked(Fake()), meter_provider=told.meters)
    telemetry.records("orders", new=3, changed=0, unchanged=2, unreadable=1)
    points = told.metrics()["commerce_async.records"]
    assert {point.attributes["commerce_async.outcome"]: point.value for point in points} == {
        "new": 3,
        "unchanged": 2,
        "unreadable": 1,
    }


def test_a_calls_span_is_a_child_of_the_callers_and_current_only_while_it_is_under_way() -> None:
    inside: list[Any] = []

    class Looking(Fake):
        async def exchange(self, *args: Any) -> Any:
            inside.append(trace.get_current_span())
            return await super().exchange(*args)

    async def use(client: Client) -> None:
        with tracer.start_as_current_span("mine") as mine:
            await client.send(get())
            assert trace.get_current_span() is mine

    told = Told()
    tracer = told.tracers.get_tracer("test")
    virtual(lambda: use(told.attach(faked(Looking()))))
    call, mine = told.spans
    assert call.parent is not None
    assert call.parent.span_id == mine.context.span_id
    assert inside[0].get_span_context() == call.context


def test_calls_at_once_have_a_span_each_and_leave_nothing() -> None:
    telemetry: Telemetry | None = None

    async def use(client: Client) -> None:
        nonlocal telemetry
        (telemetry,) = client.options.hooks  # type: ignore[assignment]  # there is no other
        await asyncio.gather(*(client.send(get(f"/{number}")) for number in range(20)))

    told = watched(Fake(always=Step(seconds=1.0)), use)
    assert len({span.context.span_id for span in told.spans}) == 20
    assert telemetry is not None
    assert not telemetry._under_way


@pytest.mark.parametrize(
    ("path", "operation", "template"),
    [
        ("/products/a,b", "products.get", "/products/{}"),
        ("/orders/17/items", "orders.items", "/orders/{}/items"),
        ("/accounts/anna@example.com/authenticate", "accounts.authenticate", "/accounts/{}/authenticate"),
        ("/anything/secret-word", "request", "/{}/{}"),
        ("/products/p", "products.get", "/products/{}"),
        ("", "probe", ""),
    ],
)
def test_of_a_path_only_words_of_the_operation_are_told(path: str, operation: str, template: str) -> None:
    assert template_of(path, operation) == template


def test_without_an_sdk_nobody_is_told() -> None:
    assert of(faked(Fake())) is None
    assert faked(Fake()).telemetry is None


def test_a_program_without_opentelemetry_never_imports_it() -> None:
    code = (
        "import sys; from commerce_async.http.client import Client; from commerce_async.limits.steady import *;"
        "client = Client('https://shop.example', store='s', judge=None, policy=SteadyPolicy());"
        "print(client.telemetry, 'opentelemetry' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "None False\n"
