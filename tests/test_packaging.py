"""What is built is whole: a wheel made from the sdist runs the demo far from the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*arguments: str, cwd: Path, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_wheel_made_from_the_sdist_runs_the_demo_outside_the_repository(tmp_path: Path) -> None:
    made, site, away = tmp_path / "made", tmp_path / "site", tmp_path / "away"
    away.mkdir()
    run("-m", "build", "--no-isolation", "--sdist", "--outdir", str(made), str(ROOT), cwd=tmp_path)
    (sdist,) = made.glob("*.tar.gz")
    run("-m", "tarfile", "--extract", str(sdist), str(made), cwd=tmp_path)
    (source,) = (path for path in made.iterdir() if path.is_dir())
    run("-m", "build", "--no-isolation", "--wheel", "--outdir", str(made), str(source), cwd=tmp_path)
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(site)
    assert {name.partition("/")[0] for name in names if not name.startswith("commerce_async-")} == {
        "commerce_async", "fastspring_async", "sparkpay_async",
    }  # fmt: skip
    # Nothing of the tree is found: not the folder, and not what an editable install points to.
    program = (
        "import sys; sys.meta_path = [f for f in sys.meta_path if 'editable' not in repr(f)]\n"
        f"tree = [p for p in sys.path if p.startswith({str(ROOT)!r}) and not p.startswith(sys.prefix)]\n"
        f"sys.path = [{str(site)!r}, *(p for p in sys.path if p not in tree)]\n"
        "from commerce_async.cli import main\n"
        "import commerce_async, fastspring_async\n"
        f"assert all(m.__file__.startswith({str(site)!r}) for m in (commerce_async, fastspring_async))\n"
        "sys.argv[1:] = ['sync', '--demo', '--products', '10', '--orders', '10', '--json']\n"
        "main()"
    )
    report = json.loads(run("-c", program, cwd=away, PYTHONPATH=str(site)))
    assert report["complete"] is True
    assert [stream["new"] for stream in report["streams"]] == [10, 10, 10, 10]
