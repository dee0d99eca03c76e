"""Runs a command's coroutine: signals, errors in one line, and the exit code."""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import typer

from commerce_async.cli.codes import Exit
from commerce_async.cli.outputs import end_of_output, failed_output
from commerce_async.errors import AuthError, CommerceError, ConfigError, LockedError, SinkError, UsageError


def run(main: Callable[[], Coroutine[Any, Any, Exit]], *, stopped: str = "Stopped.") -> NoReturn:
    """Runs `main` on a new event loop and ends the process with its exit code.

    Args:
        stopped: what to say when Ctrl-C or SIGTERM ended it.
    """
    import asyncio  # only now: see `options`

    warnings.showwarning = _show_warning
    try:
        code = asyncio.run(_guarded(main))
    except KeyboardInterrupt:
        complain(stopped)
        code = Exit.INTERRUPTED
    except _TerminatedError:
        code = Exit.TERMINATED
        if failed_output() is None:
            complain(stopped)
    except CommerceError as error:
        complain(f"Error: {error}")
        code = _code(error)
    raise typer.Exit(code if failed_output() is None else end_of_output())


def complain(line: str) -> None:
    """A line for people, on stderr."""
    print(line, file=sys.stderr, flush=True)


class _TerminatedError(Exception):
    """SIGTERM came."""


async def _guarded(main: Callable[[], Coroutine[Any, Any, Exit]]) -> Exit:
    # SIGINT is asyncio.run's own; SIGTERM gets the same orderly end here.
    import asyncio

    terminated = False
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  we are in one

    def terminate() -> None:
        nonlocal terminated
        terminated = True
        task.cancel()

    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGTERM, terminate)
    except NotImplementedError:  # pragma: no cover  Windows has no such handlers
        return await main()
    try:
        return await main()
    except asyncio.CancelledError:
        if terminated:
            raise _TerminatedError from None
        raise
    finally:
        loop.remove_signal_handler(signal.SIGTERM)


def _code(error: CommerceError) -> Exit:
    if isinstance(error, ConfigError):
        return Exit.CONFIGURATION
    if isinstance(error, UsageError):
        return Exit.USAGE
    if isinstance(error, AuthError):
        return Exit.AUTHENTICATION
    if isinstance(error, LockedError):
        return Exit.LOCKED
    return Exit.DATABASE if isinstance(error, SinkError) else Exit.PARTIAL


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    complain(f"Warning: {message}")
