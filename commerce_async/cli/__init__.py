"""The `commerce-async` command."""

from __future__ import annotations

import os
import sys

_COMPLETION = "_COMMERCE_ASYNC_COMPLETE"  # set by a shell that asks how a word goes on


def main() -> None:
    """Entry point of the console script."""
    # Imported late, so that importing the package for its version costs nothing, and asking for help little.
    if sys.argv[1:] in ([], ["--help"]) and _COMPLETION not in os.environ:
        from commerce_async.cli.front import front

        app = front()
    else:
        from commerce_async.cli.app import app

    app(prog_name="commerce-async")


__all__ = ["main"]
