"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import postgres as postgresql

# No time limit per example: the machines are slow and noisy, and slowness is not what these tests look for. In CI the
# examples are the same every time, so that a change is judged and not the dice; at a desk they are new each time.
settings.register_profile(
    "project",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
    database=None,
)
settings.load_profile("project")

# The tests start hundreds of processes. Each would compile the package anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell that starts the tests in the background has SIGINT ignored, and so would the processes that tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

MOST_WORKERS = 4  # each has a PostgreSQL of its own


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """All tests run side by side. A chosen few run in this process, where -s, breakpoints and -x do what they say."""
    few = any("::" in name or name.endswith(".py") for name in config.args)
    few = few or any(config.getoption(name, False) for name in ("keyword", "markexpr", "lf", "failedfirst", "trace"))
    return 0 if few or config.getoption("capture") == "no" else min(_cores(), MOST_WORKERS)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this system
        return os.cpu_count() or 1


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgresql.Server]:
    """A real PostgreSQL. A test that kills it starts it again."""
    with postgresql.running() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: postgresql.Server) -> str:
    """The URL of an empty database of its own."""
    return postgres_server.database()
