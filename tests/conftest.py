"""Fixtures shared by all tests."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

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
