"""Is each store there, does it take the credentials, what limit does it show, and do the clocks agree?"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from commerce_async.cli.codes import Exit
from commerce_async.cli.show import dump
from commerce_async.errors import AuthError, CommerceError
from commerce_async.store import ProvidesProbe, Store

_PATIENCE = 15.0  # seconds for one store
_SKEW = 5.0  # seconds that clocks may differ without a word


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found out about one store.

    Attributes:
        seconds: how long the answer took.
        skew: by how many seconds the store's clock is ahead of ours.
    """

    store: str
    vendor: str
    ok: bool
    error: str | None = None
    error_kind: str | None = None
    seconds: float | None = None
    limit: str | None = None
    skew: float | None = None

    @property
    def code(self) -> Exit:
        """What the command would end with for this store alone."""
        if self.ok:
            return Exit.COMPLETE
        return Exit.AUTHENTICATION if self.error_kind == AuthError.__name__ else Exit.PARTIAL


async def examine(stores: Sequence[Store], *, json: bool = False) -> Exit:
    """Asks all stores at once, prints one line per store, and returns the worst of their codes."""
    asked = [asyncio.create_task(_examine(store)) for store in stores]
    widths = (max(len(store.name) for store in stores), max(len(store.vendor) for store in stores))
    found: list[Finding] = []
    for task in asked:  # in the file's order
        found.append(await task)
        if not json:
            print(_line(found[-1], *widths), flush=True)
    if json:
        dump({"stores": found})
    return max((each.code for each in found), key=[Exit.COMPLETE, Exit.PARTIAL, Exit.AUTHENTICATION].index)


async def _examine(store: Store) -> Finding:
    try:
        async with store:
            patient = store.with_options(deadline=_PATIENCE)
            if not isinstance(patient, ProvidesProbe):
                return Finding(store=store.name, vendor=store.vendor, ok=False, error="it cannot be probed")
            probe = await patient.probe()
    except CommerceError as error:
        kind = type(error).__name__
        return Finding(store=store.name, vendor=store.vendor, ok=False, error=error.message, error_kind=kind)
    return Finding(
        store=store.name, vendor=store.vendor, ok=True, seconds=probe.seconds, limit=probe.limit, skew=probe.skew
    )


def _line(found: Finding, name: int, vendor: int) -> str:
    head = f"{found.store:<{name}}  {found.vendor:<{vendor}}"
    if not found.ok:
        what = "CREDENTIALS REFUSED" if found.code is Exit.AUTHENTICATION else "FAILED"
        return f"{head}  {what}: {found.error}" + (f" ({found.error_kind})" if found.error_kind else "")
    clock = "clock unknown"
    if found.skew is not None:
        clock = f"clock {found.skew:+.0f} s" + (" (CHECK YOUR CLOCK)" if abs(found.skew) > _SKEW else "")
    return f"{head}  ok, {(found.seconds or 0) * 1000:.0f} ms, limit {found.limit}, {clock}"
