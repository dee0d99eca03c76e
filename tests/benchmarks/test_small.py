"""A small run of every benchmark, so that none of them rots. What they measure is for people to read, not for tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import cpu_per_page, interactive, memory, mirror, quota, shared_quota, sinks, startup, sync_rate
from commerce_async.testing.clock import VirtualTimeLoop

pytestmark = pytest.mark.anyio


async def test_cpu_per_page_reads_the_same_records_in_every_way(capsys: pytest.CaptureFixture[str]) -> None:
    results = await cpu_per_page.run(records=120, rounds=1)
    assert {result.records for result in results} == {120}
    assert all(result.ours_to_hand.middle > 0 for result in results)
    cpu_per_page.show(results)
    assert "FastSpring orders, wire" in capsys.readouterr().out


async def test_sync_rate_times_the_whole_job_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = await sync_rate.run(products=100, orders=100, folder=tmp_path)
    assert result.whole.records == result.plain.records == result.again.records == 200
    assert sync_rate.rows(tmp_path / "pulled.db") == sync_rate.rows(tmp_path / "plain.db")
    sync_rate.show(result)
    assert "pull, both stores" in capsys.readouterr().out


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"loop_factory": VirtualTimeLoop})], ids=["virtual time"])
async def test_quota_counts_calls_in_whole_periods(capsys: pytest.CaptureFixture[str]) -> None:
    # Client and server share the loop, so that the clock goes on only where neither has anything left to do.
    setup = quota.Setup(limit=5, period=10.0, periods=3, used_before=3, burst=12)
    lines, learned = await quota.run(setup, (5, 10.0, 2))
    allowed = {(line.window, line.used_before): line.allowed for line in lines}
    assert allowed == {
        ("fixed", 0): 20,
        ("fixed", 3): 17,
        ("first-call", 0): 15,
        ("first-call", 3): 12,
        ("sliding", 0): 15,
        ("sliding", 3): 12,
    }
    assert [(line.admitted, line.throttled) for line in lines] == [(line.allowed, 0) for line in lines]
    assert learned is not None
    assert len(learned.admitted) == 2
    quota.show(lines, learned)
    assert "quota used" in capsys.readouterr().out


def test_memory_measures_a_process_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    result = memory.run(80)
    assert result.records == 80
    assert 0 < result.base <= result.peak
    memory.show([result])
    assert "80" in capsys.readouterr().out


async def test_sinks_are_timed_in_turns(capsys: pytest.CaptureFixture[str]) -> None:
    found = await sinks.run(sample=1, turns=1, raw="on")
    assert {name: len(rounds) for name, rounds in found.items()} == {"SQLite": 1, "PostgreSQL": 1}
    sinks.show(found)
    assert "PostgreSQL: at least 0.6 of executemany" in capsys.readouterr().out


def test_a_person_beside_a_sync_waits_two_intervals_of_the_limit_at_most(capsys: pytest.CaptureFixture[str]) -> None:
    lines = list(interactive.every(minutes=4))
    assert max(line.p99 for line in lines) <= interactive.BAR
    assert min(line.used for line in lines) >= 0.9
    interactive.show(lines)
    assert "reached: 99 of 100 wait at most" in capsys.readouterr().out


async def test_mirror_counts_no_write_for_what_is_unchanged_and_every_field_that_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (result,) = await mirror.run(40, tmp_path, ways=mirror.WAYS[1:])
    assert (result.again, result.again_writes, result.left) == ({"unchanged": 40}, 0, {"unchanged": 40})
    assert (result.edited, result.wrong) == ((4, 10), ())
    assert [step.items for step in result.steps] == [40, 40, 40, 0, 40, 4]
    mirror.show([result])
    assert "NOT REACHED" not in capsys.readouterr().out


async def test_shared_quota_counts_what_two_processes_do_and_when_they_are_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    setup = shared_quota.Setup(
        processes=2, workers=2, limit=8, period=1.0, hidden=(15, 3.0), seconds=4.0, kill=1.2, down=0.3
    )
    result = await shared_quota.run(setup)
    assert [line.throttled for line in result.lines] == [0, 0, 0, 0]
    assert all(line.admitted >= 0.3 * line.allowed and line.least > 0 for line in result.lines)
    shared_quota.show(result)
    assert "reached: 0 throttles, bar 0" in capsys.readouterr().out


def test_startup_compares_processes_with_an_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: startup.PROGRAMS[name] for name in (startup.EMPTY, "import commerce_async")}
    monkeypatch.setattr(startup, "PROGRAMS", few)
    empty, core = startup.run(rounds=1)
    assert empty.to_empty.middle == 1.0
    assert 0 < core.to_empty.middle < 5
    startup.show([empty, core])
