"""Whether a process of this machine is still there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from commerce_async.limits.shared.lives import lives, mark

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can tell")


def another() -> tuple[subprocess.Popen[str], str]:
    code = "from commerce_async.limits.shared.lives import mark; print(mark(), flush=True); input()"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def test_a_process_is_seen_to_live_until_it_is_killed_and_before_its_parent_has_looked() -> None:
    process, its = another()
    with process:
        assert lives(its) is True
        process.send_signal(signal.SIGSTOP)
        assert lives(its) is True
        process.send_signal(signal.SIGKILL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert lives(its) is False
    assert lives(its) is False


def test_a_number_that_another_process_has_now_is_no_sign_of_life() -> None:
    machine, number, begun = mark().split("-")
    assert lives(mark()) is True
    assert lives(f"{machine}-{number}-{int(begun) - 1}") is False


@pytest.mark.parametrize("text", ["", "-", "a-b-c", "elsewhere-1-2", "x-1", "-1-2"])
def test_of_other_machines_nothing_can_be_said(text: str) -> None:
    assert lives(text) is None
