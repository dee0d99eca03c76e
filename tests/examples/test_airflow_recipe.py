"""The Airflow recipe: run by Airflow, which takes an environment of its own, and in CI by a stand-in for it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import venv
from pathlib import Path

import pytest

from tests.examples.recipes import nothing_left_to_read, stepping, write
from tests.pages import ROOT
from tests.sync.in_units import Place, database, place

pytestmark = pytest.mark.anyio

__all__ = ["database", "place"]

HERE = Path(__file__).parent
SYNC = "import recipe\nwhile True: input(); recipe.sync_stores(); print('done', flush=True)"  # as a stand-in runs it
FOLDER = os.environ.get("AIRFLOW_VENV", "")


async def run(*command: str | Path, folder: Path, **environment: str) -> str:
    log = folder / "airflow.log"
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env={**os.environ, **environment}, stdout=said, stderr=said
        )
        try:
            assert await asyncio.wait_for(process.wait(), 900) == 0, log.read_text()
        finally:
            if process.returncode is None:
                process.kill()
    return log.read_text()


def all_is_there(place: Place) -> None:
    place.assert_database_equals_truth()
    assert place.rows("SELECT state, count(*) FROM sync_checkpoints GROUP BY state") == [("complete", 4)]


async def test_the_functions_of_the_recipe_sync_the_stores(place: Place, tmp_path: Path) -> None:
    recipe = write("Airflow", tmp_path, place, **{"\nsync_stores()": ""})
    async with stepping(SYNC, recipe) as sync:
        for _ in range(2):
            sync.begin()
            assert await sync.ended() == ["done"]
            all_is_there(place)
            await nothing_left_to_read(place, "eu", "products")


def environment(folder: Path) -> Path:
    """The programs of an environment with Airflow and this package; made if it is not there."""
    if not (folder / "bin" / "airflow").exists():
        venv.create(folder, with_pip=True, clear=True)
        wanted = ("--requirement", HERE / "requirements-airflow.txt", "--editable", f"{ROOT}[postgres]")
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", *wanted], check=True)
    return folder / "bin"


@pytest.mark.skipif(not FOLDER, reason="AIRFLOW_VENV names no folder for an environment with Airflow (2 min, 300 MB)")
async def test_airflow_runs_the_recipe(place: Place, tmp_path: Path) -> None:
    programs, dags = environment(Path(FOLDER).resolve()), tmp_path / "dags"
    dags.mkdir()
    write("Airflow", dags, place)
    settings = {"AIRFLOW_HOME": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    await run(programs / "airflow", "db", "migrate", folder=tmp_path, **settings)
    for _ in range(2):
        said = await run(programs / "airflow", "dags", "test", "sync_stores", folder=tmp_path, **settings)
        assert "DagRun Finished" in said
        all_is_there(place)
        await nothing_left_to_read(place, "eu", "products")
