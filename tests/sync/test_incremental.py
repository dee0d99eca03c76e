"""Where a pass begins, and what the next one may leave out."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commerce_async.errors import UsageError
from commerce_async.sinks import Checkpoint
from commerce_async.store import Filtering
from commerce_async.sync.incremental import (
    OVERLAP,
    Wish,
    begin,
    by_their_clock,
    ended,
    parse_since,
    parse_span,
    with_gaps,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHANGED = Filtering(by="changed")
HOUR = timedelta(hours=1)


def after(
    *, watermark: datetime | None = NOON - HOUR, full_at: datetime | None = NOON - HOUR, **more: Any
) -> Checkpoint:
    values: dict[str, Any] = {"token": None, "state": "complete", "started_at": NOON - HOUR, **more}
    return Checkpoint(watermark=watermark, full_at=full_at, **values)


def test_the_first_pass_reads_everything_and_its_mark_lies_an_overlap_before_its_first_read() -> None:
    fresh, goes_on = begin(None, Wish(), CHANGED, NOON)
    assert not goes_on
    assert (fresh.since, fresh.mark, fresh.watermark, fresh.started_at) == (None, NOON - OVERLAP, None, NOON)


def test_the_next_pass_begins_at_the_watermark() -> None:
    assert begin(after(), Wish(), CHANGED, NOON)[0].since == NOON - HOUR


@pytest.mark.parametrize("filtering", [None, Filtering(by="nothing")])
def test_a_list_that_cannot_be_filtered_is_always_read_whole(filtering: Filtering | None) -> None:
    assert begin(after(), Wish(), filtering, NOON)[0].since is None


def test_a_limit_by_hand_on_a_list_that_cannot_be_filtered_is_a_full_pass() -> None:
    assert begin(after(), Wish(since=NOON - HOUR), Filtering(by="nothing"), NOON)[0].since is None


def test_an_adapter_says_how_far_its_passes_overlap() -> None:
    wide = Filtering(by="placed", overlap=timedelta(days=2))
    assert begin(None, Wish(), wide, NOON)[0].mark == NOON - timedelta(days=2)


@pytest.mark.parametrize(
    ("age", "every", "full"),
    [(7, 7, True), (6.9, 7, False), (-1, 7, True), (400, None, False)],
    ids=["due", "not yet", "a clock that went back", "never"],
)
def test_a_full_pass_comes_when_it_is_due(age: float, every: float | None, full: bool) -> None:
    found = after(full_at=NOON - timedelta(days=age))
    wish = Wish(full_every=None if every is None else timedelta(days=every))
    assert (begin(found, wish, CHANGED, NOON)[0].since is None) is full


def test_a_watermark_of_the_future_is_not_believed() -> None:
    assert begin(after(watermark=NOON + HOUR), Wish(), CHANGED, NOON)[0].since is None


@pytest.mark.parametrize("state", ["running", "confirming"])
@pytest.mark.parametrize("limit", [None, NOON - HOUR], ids=["full", "limited"])
def test_an_interrupted_pass_goes_on_with_its_own_limit(state: str, limit: datetime | None) -> None:
    found = after(state=state, token="t", since=limit)
    assert begin(found, Wish(), CHANGED, NOON) == (found, True)


def test_a_full_pass_does_not_go_on_with_a_limited_one() -> None:
    fresh, goes_on = begin(after(state="running", token="t", since=NOON - HOUR), Wish(full=True), CHANGED, NOON)
    assert (goes_on, fresh.token, fresh.since) == (False, None, None)


def test_a_limit_by_hand_goes_on_with_an_interrupted_pass_that_reaches_further_back_and_with_no_other() -> None:
    earlier, later = NOON - 3 * HOUR, NOON - HOUR
    running = after(state="running", token="t", since=earlier)
    assert begin(running, Wish(since=later), CHANGED, NOON)[1]
    assert not begin(running, Wish(since=earlier - HOUR), CHANGED, NOON)[1]
    whole = after(state="running", token="t", since=None)
    assert begin(whole, Wish(since=later), CHANGED, NOON)[0].since == later


def test_only_a_complete_pass_moves_the_watermark() -> None:
    running = begin(after(), Wish(), CHANGED, NOON)[0]
    assert ended(running, complete=True).watermark == NOON - OVERLAP
    lame = ended(running, complete=False)
    assert (lame.state, lame.watermark) == ("incomplete", NOON - HOUR)


def test_a_pass_that_begins_behind_the_watermark_leaves_it_where_it_is() -> None:
    late = begin(after(), Wish(since=NOON - HOUR / 2), CHANGED, NOON)[0]
    assert ended(late, complete=True).watermark == NOON - HOUR
    first = begin(None, Wish(since=NOON - HOUR / 2), CHANGED, NOON)[0]
    assert ended(first, complete=True).watermark is None


def test_a_limited_pass_does_not_put_off_the_next_full_one() -> None:
    assert ended(begin(after(), Wish(), CHANGED, NOON)[0], complete=True).full_at == NOON - HOUR


def test_a_full_pass_after_another_has_rows_to_confirm_and_a_limited_one_never() -> None:
    assert ended(begin(None, Wish(), CHANGED, NOON)[0], complete=True).state == "complete"
    assert ended(begin(after(), Wish(full=True), CHANGED, NOON)[0], complete=True).state == "confirming"
    assert ended(begin(after(), Wish(), CHANGED, NOON)[0], complete=True).state == "complete"


@pytest.mark.parametrize(("skew", "moved"), [(-90.0, -90.0), (90.0, 0.0), (None, 0.0)])
def test_a_vendor_whose_clock_is_behind_moves_the_mark_back_with_it(skew: float | None, moved: float) -> None:
    fresh = begin(None, Wish(), CHANGED, NOON)[0]
    assert by_their_clock(fresh, skew).mark == NOON - OVERLAP + timedelta(seconds=moved)


class Story:
    """A stream over hours: records change, passes run, break off, are incomplete or limited by hand."""

    def __init__(self, skew: int) -> None:
        self.now = NOON
        self.skew = timedelta(minutes=skew)
        self.changed: dict[int, datetime] = {}  # by the vendor's clock
        self.held: dict[int, datetime] = {}
        self.checkpoint: Checkpoint | None = None

    def change(self, id: int) -> None:
        self.changed[id] = self.now + self.skew

    def read(self, wish: Wish, *, parts: int, complete: bool, edits: list[int]) -> None:
        """One run: reads ids up to `parts` (of 4), while `edits` happen behind and ahead of it."""
        found, _ = begin(self.checkpoint, wish, CHANGED, self.now)
        done = int(found.token or 0)
        if found.token is None:
            found = by_their_clock(found, self.skew.total_seconds())
        for part in range(done, min(parts, 4)):
            for id in edits:
                self.now += timedelta(minutes=1)
                self.change(id)
            gaps = not complete and part == done  # the list moves underneath
            found = with_gaps(found) if gaps else found
            for id, at in self.changed.items():
                slips = gaps and id % 8 == part
                if id % 4 == part and not slips and (found.since is None or at >= found.since):
                    self.held[id] = at
            found = msgspec.structs.replace(found, token=str(part + 1))
            self.now += timedelta(minutes=1)
        self.checkpoint = found if parts < 4 else ended(found, complete=complete)


WISHES = st.one_of(
    st.just(Wish()),
    st.just(Wish(full=True)),
    st.integers(0, 600).map(lambda minutes: Wish(since=NOON + timedelta(minutes=minutes))),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.integers(0, 11)),
        st.tuples(st.just("wait"), st.integers(1, 90)),
        st.tuples(st.just("run"), WISHES, st.integers(0, 6), st.booleans(), st.lists(st.integers(0, 11), max_size=2)),
    ),
    max_size=14,
)


def test_a_page_with_gaps_leaves_the_watermark_where_it_is_even_if_all_others_are_sound() -> None:
    lame = ended(with_gaps(begin(after(), Wish(), CHANGED, NOON)[0]), complete=True)
    assert (lame.state, lame.watermark) == ("incomplete", NOON - HOUR)


@given(STEPS, st.integers(-8, 8))
@example([("change", 0), ("wait", 30), ("run", Wish(), 2, False, [])], 0)  # gaps, and then it breaks off
def test_whatever_breaks_off_or_is_limited_the_next_undisturbed_sync_holds_every_change(
    steps: list[tuple[Any, ...]], skew: int
) -> None:
    story = Story(skew)
    for step in steps:
        if step[0] == "change":
            story.change(step[1])
        elif step[0] == "wait":
            story.now += timedelta(minutes=step[1])
        else:
            story.read(step[1], parts=step[2], complete=step[3], edits=step[4])
    # Two undisturbed runs: the first may only go on with what was interrupted.
    for _ in range(2):
        story.read(Wish(), parts=4, complete=True, edits=[])
        story.now += timedelta(minutes=20)
    assert story.held == story.changed


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-01", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-01T10:30:00+02:00", datetime(2026, 2, 1, 8, 30, tzinfo=UTC)),
        (" 7d ", NOON - timedelta(days=7)),
        ("12h", NOON - timedelta(hours=12)),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, moment: datetime) -> None:
    assert parse_since(text, NOON) == moment


@pytest.mark.parametrize(
    "text",
    [
        "yesterday-ish",
        "",
        "7",
        "7y",
        "-3d",
        "7.5d",
        "2026-13-01",
        "999999999w",
        "٧d",
        "2027-01-01",
        "0001-01-01T00:00+14:00",
    ],
)
def test_a_time_that_cannot_be_meant_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_since(text, NOON)
    assert str(refused.value).startswith("since: ")
    assert "\n" not in str(refused.value)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with suppress(UsageError):
        assert parse_since(text, NOON).tzinfo is UTC


@pytest.mark.parametrize("text", ["", "5", "5 m", "m", "1e3s", "99999999999999s"])
def test_a_span_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="length of time"):
        parse_span(text)
