"""A virtual environment for each peer: made on first use, and again when its requirements change."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent


def requirements(peer: str) -> Path:
    """The file that pins what a peer needs."""
    return HERE / f"requirements-{peer}.txt"


def python(folder: Path, peer: str) -> Path:
    """The interpreter of a peer's environment under a folder; made if it is not there or not as its file says.

    Raises:
        subprocess.CalledProcessError: pip did not succeed.
    """
    home, wanted = folder / peer, requirements(peer)
    mark, stamp = home / "made-of", hashlib.sha256(wanted.read_bytes()).hexdigest()
    found = home / "bin" / "python"
    if not (mark.exists() and mark.read_text() == stamp):
        print(f"making {home} of {wanted.name} ...", file=sys.stderr, flush=True)
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([found, "-m", "pip", "install", "--quiet", "--requirement", wanted], check=True)
        mark.write_text(stamp)
    return found
