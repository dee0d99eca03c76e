"""The paper on scale, checked by a simulation on a virtual clock: what it counts, and how long it says a pass takes."""

from __future__ import annotations

import pytest

from benchmarks.scale import KINDS, SLOTS, hourly, paper, simulated


@pytest.mark.parametrize(
    ("fleet", "workers"),
    [
        (hourly(168), 1),  # cores are scarce
        (hourly(168), 16),  # the limit of the largest store is
        ({"Spark Pay, changes": 200}, 1),
        ({"FastSpring, full": 3, "Spark Pay, full": 3}, 2),
    ],
)
def test_the_paper_counts_what_the_simulation_does_and_bounds_how_long_it_takes(
    fleet: dict[str, int], workers: int
) -> None:
    said, done = paper(fleet, workers), simulated(fleet, workers)
    assert (done.tasks, done.calls, done.records, done.transactions) == (
        said.tasks, said.calls, said.records, said.transactions,
    )  # fmt: skip
    assert done.cpu == pytest.approx(said.cpu, rel=0.01)
    assert 0.98 * said.seconds <= done.seconds <= 1.05 * said.most


def test_more_slots_than_work_do_not_make_a_store_faster_than_its_limit() -> None:
    kind = KINDS["FastSpring, full"]
    done = simulated({"FastSpring, full": 1}, 4)
    assert done.seconds >= (kind.calls - 1) / kind.rate
    assert sum(stream.units for stream in kind.streams) < 4 * SLOTS
