"""The `commerce-async` command."""

from __future__ import annotations


def main() -> None:
    """Entry point of the console script."""
    # Imported late, so that importing the package for its version costs nothing.
    from commerce_async.cli.app import app
    from commerce_async.cli.outputs import watch_outputs

    watch_outputs()
    app(prog_name="commerce-async")


__all__ = ["main"]
