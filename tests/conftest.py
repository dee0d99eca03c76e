"""Fixtures shared by all tests."""

from __future__ import annotations

import os
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
