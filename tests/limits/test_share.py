"""What one member tells and believes, without a board: times that are known roughly, and copies that turn up again."""

from __future__ import annotations

from math import inf

from commerce_async.limits.shared.account import Account
from commerce_async.limits.shared.share import Share, Timing
from commerce_async.limits.window import WindowPolicy


def joined(share: Share, member: str, at: float) -> None:
    """It has the account's latest state, and has written the next."""
    share.member = member
    share.heard(Timing(100.0 + at, at, at))
    share.found(share.token, None)
    share.written(share.draft(at))


def test_what_ended_is_told_even_if_a_later_end_is_known_only_to_the_second() -> None:
    account = Account(WindowPolicy(20, 1.0))
    share = Share(account)
    share.wait([1, 0])
    joined(share, "m", 0.0)
    share.finish(share.start(0.1), 0.2)
    share.wait([2, 0])
    share.written(share.draft(0.3))
    first, second = share.start(0.3), share.start(0.3)
    share.wait([0, 0])
    share.finish(first, 1.3)
    share.heard(Timing(101.39, 0.2, 1.4))  # an answer that took its time
    share.finish(second, 1.4)
    share.draft(1.5)
    assert account.reported("m") == 2


def test_a_copy_of_what_was_lost_is_older_than_what_was_written_since() -> None:
    account = Account(WindowPolicy(20, 1.0))
    account.attend("m", 1_700_000_000.0)
    early = account.save()
    late = [account.save() for _ in range(50)][-1]
    account.load(early)
    account.gather("m", ["n"], 1_700_000_001.0)
    account.load(account.save())
    serial = account.serial
    account.load(late)
    assert account.serial < serial


def test_who_is_cut_off_from_an_old_copy_remembers_the_members_that_it_lacks() -> None:
    account = Account(WindowPolicy(20, 1.0))
    share = Share(account)
    joined(share, "m", 0.0)
    old = account.save()
    other = Account(WindowPolicy(20, 1.0))
    other.load(old)
    other.attend("n", 101.0)
    other.save()
    share.found("newer", other.save())
    share.found("old", old)
    share.part(1.5)
    assert share.parts == 2
    assert share.ready_at(1.5) > 6.0


def test_a_process_that_was_stopped_uses_no_permit_and_no_part_of_before() -> None:
    share = Share(Account(WindowPolicy(20, 1.0)))
    share.wait([1, 0])
    joined(share, "m", 0.0)
    assert share.ready_at(0.1) == 0.1
    assert share.ready_at(30.0) == inf
    share.part(30.0)
    alone = share.ready_at(30.0)
    assert 35.0 < alone < 40.0
    share.part(alone)
    assert share.ready_at(alone) == alone
    assert share.ready_at(alone + 30.0) == inf
    share.part(alone + 30.0)
    assert share.ready_at(alone + 30.0) == alone + 30.0


def test_a_permit_on_a_copy_that_another_found_to_be_old_is_not_used() -> None:
    account = Account(WindowPolicy(20, 1.0))
    share = Share(account)
    share.wait([1, 0])
    joined(share, "m", 0.0)
    copy = account.save()
    share.finish(share.start(0.1), 0.2)
    share.wait([0, 0])
    share.written(share.draft(0.3))
    share.wait([1, 0])
    other = Account(WindowPolicy(20, 1.0))
    other.load(copy)
    other.attend("n", 105.0)
    other.gather("n", ["m"], 105.0)
    share.heard(Timing(105.0, 5.0, 5.0))
    share.found("gathering", other.save())
    assert share.ready_at(5.0) == inf
    share.written(share.draft(5.0))
