"""`upgrade`: a database of an older version."""

from __future__ import annotations

from commerce_async.cli.codes import Exit
from commerce_async.cli.show import dump
from commerce_async.sinks.database import checked, shown
from commerce_async.sinks.upgrading import upgrade


async def run_upgrade(into: str, *, json: bool) -> Exit:
    """Brings the database up to date, and says so.

    Raises:
        ConfigError, LockedError, SinkError: it cannot be.
    """
    name = shown(checked(into))
    before, now = await upgrade(into)
    if json:
        dump({"into": name, "before": before, "now": now})
    elif before == now:
        print(f"{name}: its tables are of revision {now}, which is this version's; nothing to do")
    else:
        print(f"{name}: brought from revision {before} to {now}; the next sync reads everything, and fills what is new")
    return Exit.COMPLETE
