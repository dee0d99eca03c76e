"""What the summary of a sync says of calls that a cache answered."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from commerce_async.cli.show import summary
from commerce_async.sync import Report, StreamReport


def shown(hits: int | None, width: int) -> str:
    stream = StreamReport(store="shop", vendor="v", stream="orders", state="complete", read=5, calls=2, hits=hits)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    out = StringIO()
    summary(Report(run="r", started_at=now, ended_at=now, into="db", streams=[stream]), Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_hits_have_a_column_of_their_own(width: int) -> None:
    lines = shown(1234, width).splitlines()
    assert "cached" in lines[1]
    assert "1,234" in lines[3]


@pytest.mark.parametrize("hits", [None, 0])
def test_without_hits_there_is_no_column(hits: int | None) -> None:
    assert "cached" not in shown(hits, 120)
