"""The pytest plugin: an emulator of every adapter installed, and faults to switch on. See docs/testing.md.

pytest loads it by itself wherever this distribution is installed. It only makes fixtures; until a test asks for one,
nothing is imported but this module.

* `<adapter>_emulator`, for each adapter that registers an emulator (entry point group `commerce_async.emulators`): the
  running emulator. A marker of the same name gives its arguments: `@pytest.mark.myshop_emulator(products=20)`.
* `commerce_fault`: a `Plan` for one call that goes wrong. A test that uses it runs once for each kind of fault.
* `commerce_rough_network`: `Faults` of a bad day, a few per cent of each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from commerce_async.testing.emulator import Emulator, Faults, Plan

# What a read survives, whichever vendor it is.
_FAULTS = ("reset", "lose_answer", "truncate", "server_error", "malformed", "storm")
_EMULATORS = {f"{point.name}_emulator": point for point in entry_points(group="commerce_async.emulators")}

pytest.register_assert_rewrite("commerce_async.testing.conformance")


def pytest_configure(config: pytest.Config) -> None:
    """Names the markers, for runs with --strict-markers."""
    for name in _EMULATORS:
        config.addinivalue_line("markers", f"{name}(**arguments): the arguments of the fixture {name}")


def emulator_fixture(load: Callable[[], Callable[..., Emulator]], name: str) -> Any:
    """A fixture that runs an emulator for one test, in a thread of its own.

    Args:
        load: gives the emulator's class, when a test first asks for it.
        name: of the fixture, and of the marker that gives the emulator's arguments.
    """

    @pytest.fixture(name=name)
    def running(request: pytest.FixtureRequest) -> Iterator[Emulator]:
        from commerce_async.testing.background import serving

        marker = request.node.get_closest_marker(name)
        with serving(load()(**(marker.kwargs if marker else {}))) as emulator:
            yield emulator

    return running


@pytest.fixture(params=_FAULTS)
def commerce_fault(request: pytest.FixtureRequest) -> Plan:
    """A fault that strikes one call: put it into an emulator's `plans`."""
    from commerce_async.testing.emulator import Plan

    return Plan(fault=request.param)


@pytest.fixture
def commerce_rough_network() -> Faults:
    """Faults of a bad day: make it an emulator's `faults`."""
    from commerce_async.testing.emulator import Faults

    return Faults(reset=0.03, lose_answer=0.03, truncate=0.03, server_error=0.03, malformed=0.03, jitter=0.005)


def _add(name: str, point: EntryPoint) -> None:
    globals()[name] = emulator_fixture(point.load, name)


for _name, _point in _EMULATORS.items():
    _add(_name, _point)
