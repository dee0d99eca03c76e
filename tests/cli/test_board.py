"""What a sync looks like on a terminal."""

from __future__ import annotations

import io

from rich.console import Console

from commerce_async.cli.show import Board
from commerce_async.sync.report import State, StreamReport


def drawn(states: list[State], *, height: int) -> list[str]:
    console = Console(file=io.StringIO(), force_terminal=True, width=80, height=height, color_system=None)
    board = Board([], console)
    for number, state in enumerate(states):
        board.update(StreamReport(store=f"shop{number:02}", vendor="fastspring", stream="orders", state=state))
    with console.capture() as capture:
        console.print(board)
    return capture.get().splitlines()


def test_streams_of_stores_that_are_open_elsewhere_have_their_lines() -> None:
    lines = drawn(["reading", "complete"], height=24)
    assert [line.split()[0] for line in lines if "shop" in line] == ["shop00", "shop01"]
    assert not any("more" in line for line in lines)


def test_where_lines_are_few_those_that_are_read_or_went_wrong_have_them_and_the_rest_is_counted() -> None:
    done, waiting, busy = list[State](["complete"]), list[State](["waiting"]), list[State](["reading", "failed"])
    states = done * 20 + waiting * 20 + busy
    lines = drawn(states, height=12)
    assert len(lines) < 12
    shops = [line.split()[0] for line in lines if "shop" in line]
    assert shops[-2:] == ["shop40", "shop41"]
    assert shops == sorted(shops)
    rest = len(states) - len(shops)
    assert f"and {rest} more: {22 - len(shops)} waiting, 20 complete" in "\n".join(lines)
