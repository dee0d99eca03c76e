"""A small run of every benchmark, so that none of them rots. What they measure is for people to read, not for tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import cpu_per_page, memory, quota, sinks, sync_rate

pytestmark = pytest.mark.anyio


async def test_cpu_per_page_reads_the_same_records_in_every_way(capsys: pytest.CaptureFixture[str]) -> None:
    results = await cpu_per_page.run(records=120, rounds=1)
    assert {result.records for result in results} == {120}
    assert all(result.ours_to_hand.middle > 0 for result in results)
    cpu_per_page.show(results)
    assert "FastSpring orders, wire" in capsys.readouterr().out


async def test_sync_rate_times_the_whole_job_and_the_sink_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = await sync_rate.run(products=100, orders=100, sample=1, folder=tmp_path)
    assert result.whole.records == result.whole_plain.records == 200
    assert 0 < result.sink.records <= 200
    assert sync_rate.rows(tmp_path / "whole.db") == sync_rate.rows(tmp_path / "whole-plain.db")
    sync_rate.show(result)
    assert "pull, both stores" in capsys.readouterr().out


async def test_quota_counts_calls_in_whole_periods(capsys: pytest.CaptureFixture[str]) -> None:
    setup = quota.Setup(limit=5, period=0.5, periods=3, used_before=3, burst=12)
    lines, learned = await quota.run(setup, (5, 0.5, 2))
    allowed = {(line.window, line.used_before): line.allowed for line in lines}
    assert allowed == {
        ("fixed", 0): 20,
        ("fixed", 3): 17,
        ("first-call", 0): 15,
        ("first-call", 3): 12,
        ("sliding", 0): 15,
        ("sliding", 3): 12,
    }
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
