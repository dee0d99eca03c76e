"""Is each store there, does it take the credentials, what limit does it show, and do the clocks agree?"""

from __future__ import annotations

from collections.abc import Sequence

from commerce_async.cli.codes import Exit
from commerce_async.errors import AuthError, CommerceError
from commerce_async.store import ProvidesProbe, Store

_PATIENCE = 15.0  # seconds for one store
_SKEW = 5.0  # seconds that clocks may differ without a word


async def examine(stores: Sequence[Store]) -> Exit:
    """Prints one line per store, and returns the worst of their codes."""
    width = max(len(store.name) for store in stores)
    codes = [await _examine(store, width) for store in stores]
    return max(codes, key=[Exit.COMPLETE, Exit.PARTIAL, Exit.AUTHENTICATION].index)


async def _examine(store: Store, width: int) -> Exit:
    head = f"{store.name:<{width}}  {store.vendor}"
    try:
        async with store:
            patient = store.with_options(deadline=_PATIENCE)
            if not isinstance(patient, ProvidesProbe):
                print(f"{head}  cannot be probed", flush=True)
                return Exit.PARTIAL
            probe = await patient.probe()
    except CommerceError as error:
        auth = isinstance(error, AuthError)
        what = "CREDENTIALS REFUSED" if auth else "FAILED"
        print(f"{head}  {what}: {error.message} ({type(error).__name__})", flush=True)
        return Exit.AUTHENTICATION if auth else Exit.PARTIAL
    if probe.skew is None:
        clock = "clock unknown"
    else:
        clock = f"clock {probe.skew:+.0f} s" + (" (CHECK YOUR CLOCK)" if abs(probe.skew) > _SKEW else "")
    print(f"{head}  ok, {probe.seconds * 1000:.0f} ms, limit {probe.limit}, {clock}", flush=True)
    return Exit.COMPLETE
