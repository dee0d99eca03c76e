"""A small soak: everything that goes wrong at once, for a few seconds. `python -m benchmarks.soak` is the large one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import soak
from commerce_async.http.retry import Retry
from tests.e2e import killing  # noqa: F401  what its processes import is imported for the soak's as well

pytestmark = pytest.mark.anyio


async def test_killed_again_and_again_amid_faults_storms_and_live_edits_a_sync_loses_and_doubles_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = soak.Setup(
        records=600,
        kills=2,
        page_size=20,
        server_error=0.05,
        reset=0.03,
        truncate=0.03,
        storm_every=2.0,
        storm_seconds=(0.05, 0.2),
        edit_every=0.04,
        retry=Retry(base=0.01, cap=0.05),
    )
    result = await soak.run(setup, tmp_path)
    assert soak.show(setup, result), capsys.readouterr().out
    assert result.right
    assert result.kills == 2
    assert {"server_error", "reset", "truncate"} <= result.faults.keys()
    assert "0 falsely gone" in capsys.readouterr().out
