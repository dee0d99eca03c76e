"""FastSpring: /data, reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from commerce_async.http.client import Client
from commerce_async.store import Batch
from fastspring_async import operations, wire
from fastspring_async.api.base import batch_of
from fastspring_async.calls.families import several, whole
from fastspring_async.calls.sending import encoded
from fastspring_async.wire import JOBS, Job, Report


class DataApi:
    """FastSpring: /data, reports of subscriptions and revenue."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def subscription_report(
        self,
        *,
        filter: Mapping[str, Any] | None = None,
        columns: Iterable[str] = (),
        group_by: Iterable[str] = (),
        page: int | None = None,
        page_size: int | None = None,
        job: bool = False,
        notify: Iterable[str] = (),
    ) -> Report:
        """A report of subscriptions. FastSpring: /data/v1/subscription, Generate subscription report.

        Args:
            filter: `startDate`, `endDate`, `syncDate` (days), `countryISO`, `productPaths` and so on.
            columns: as the vendor's reference names them.
            group_by: likewise.
            page: from 1.
            page_size: rows, up to 1000.
            job: whether the vendor makes it behind the scenes; then the result has `id` and `status`, see `job`.
            notify: e-mail addresses told when a job is done.

        Raises:
            RejectedError: refused; `.fields` has the vendor's words by field.
        """
        body = _body(filter, columns, group_by, page, page_size, job, notify)
        return await self._client.send(
            operations.request("data.subscription_report", whole(wire.read_report), body=body)
        )

    async def revenue_report(
        self,
        *,
        filter: Mapping[str, Any] | None = None,
        columns: Iterable[str] = (),
        group_by: Iterable[str] = (),
        page: int | None = None,
        page_size: int | None = None,
        job: bool = False,
        notify: Iterable[str] = (),
    ) -> Report:
        """A report of revenue. FastSpring: /data/v1/revenue, Generate revenue report.

        Args, Raises: as `subscription_report`.
        """
        body = _body(filter, columns, group_by, page, page_size, job, notify)
        return await self._client.send(operations.request("data.revenue_report", whole(wire.read_report), body=body))

    async def jobs(self) -> Batch[Job]:
        """All jobs. Those that cannot be read are in `failed`. FastSpring: /data/v1/jobs."""
        return batch_of(await self._client.send(operations.request("data.jobs", several(JOBS, wire.read_job))))

    async def job(self, id: str) -> Job:
        """One job. FastSpring: /data/v1/jobs/{id}.

        Raises:
            MissingError: there is no such job.
        """
        return await self._client.send(operations.request("data.job", whole(wire.read_job), id=id))

    async def download(self, id: str) -> bytes:
        """What a job made: CSV. FastSpring: /data/v1/downloads/{id}.

        Raises:
            MissingError: there is no such download.
            DecodeError: it is longer than the store's `max_body`.
        """
        return await self._client.send(operations.request("data.download", lambda reply: reply.body, id=id))

    async def reset_cache(self) -> str:
        """Makes the next report read everything anew; the vendor's words. FastSpring: /data/v1/util/cache."""
        return await self._client.send(
            operations.request("data.reset_cache", lambda reply: reply.body.decode("utf-8", "replace").strip())
        )


def _body(
    filter: Mapping[str, Any] | None,
    columns: Iterable[str],
    group_by: Iterable[str],
    page: int | None,
    page_size: int | None,
    job: bool,
    notify: Iterable[str],
) -> bytes:
    body: dict[str, Any] = {"filter": dict(filter or {}), "async": job}  # without a filter the vendor fails
    more = {"reportColumns": list(columns), "groupBy": list(group_by), "notificationEmails": list(notify)}
    body |= {name: values for name, values in more.items() if values}
    pages = {"pageNumber": page, "pageCount": page_size}
    return encoded(body | {name: value for name, value in pages.items() if value is not None})
