"""Errors carry what a caller acts on, survive a pickle, and show themselves on one line."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce_async import errors
from commerce_async.errors import (
    CommerceError,
    DeadlineError,
    FinalError,
    MissingError,
    NetworkError,
    TemporaryError,
    ThrottledError,
    ThrottledOrMissingError,
)

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, CommerceError)]
ROOTS = (CommerceError, FinalError, TemporaryError)

CARRIED: dict[str, Any] = {
    "store": "eu",
    "operation": "products.get",
    "method": "GET",
    "path": "/products/a",
    "status": 503,
    "fields": {"sku": "is taken"},
    "attempts": 3,
    "retry_after": 1.5,
    "safe_to_retry": True,
    "resume": "token-7",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_round_trip_keeps_every_attribute(kind: type[CommerceError], protocol: int) -> None:
    error = kind("out of order", **CARRIED)
    back = pickle.loads(pickle.dumps(error, protocol))
    assert type(back) is kind
    assert back.message == "out of order"
    assert {name: getattr(back, name) for name in CARRIED} == CARRIED
    assert (str(back), repr(back), back.args) == (str(error), repr(error), error.args)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_keeps_every_attribute(kind: type[CommerceError], duplicate: Any) -> None:
    back = duplicate(kind("out of order", **CARRIED))
    assert type(back) is kind
    assert {name: getattr(back, name) for name in CARRIED} == CARRIED


def test_notes_and_what_a_subclass_adds_survive_too() -> None:
    error = NetworkError("lost")
    error.add_note("while pulling orders")
    error.extra = [1, 2]  # type: ignore[attr-defined]  # as a subclass might
    back = pickle.loads(pickle.dumps(error))
    assert back.__notes__ == ["while pulling orders"]
    assert back.extra == [1, 2]


@pytest.mark.parametrize("kind", KINDS)
def test_every_error_is_final_or_temporary_and_not_both(kind: type[CommerceError]) -> None:
    if kind is not CommerceError:
        assert issubclass(kind, FinalError) != issubclass(kind, TemporaryError)
    assert kind.__doc__
    assert kind in ROOTS or len([root for root in ROOTS[1:] if issubclass(kind, root)]) == 1


def test_an_ambiguous_404_is_a_throttle_and_never_a_missing_object() -> None:
    assert issubclass(ThrottledOrMissingError, ThrottledError)
    assert not issubclass(ThrottledOrMissingError, MissingError)


def test_a_deadline_is_a_timeout_for_those_who_know_only_the_standard_library() -> None:
    with pytest.raises(TimeoutError):
        raise DeadlineError("too late", retry_after=3.0)


def test_the_text_says_where_what_and_with_which_status() -> None:
    error = CommerceError("out of order", **CARRIED)
    assert str(error) == "eu products.get: out of order; sku: is taken [HTTP 503] (GET /products/a)"
    assert str(CommerceError("out of order")) == "out of order"
    assert repr(CommerceError("out of order")) == "CommerceError('out of order')"


@given(message=st.text(), fields=st.dictionaries(st.text(), st.text(), max_size=3))
def test_the_text_is_one_printable_line_whatever_the_vendor_says(message: str, fields: dict[str, str]) -> None:
    error = CommerceError(message, store="eu", operation="products.get", fields=fields)
    assert len(str(error).splitlines()) == 1
    assert str(error).isprintable()
    assert error.message.isprintable()
    assert error.args == (error.message,)


def test_escape_sequences_and_line_breaks_of_a_vendor_do_not_reach_the_terminal() -> None:
    error = CommerceError("bad\r\n2026-01-01 INFO all is well\x1b[2J\u2028ü")
    assert str(error) == "bad 2026-01-01 INFO all is well [2J ü"


def test_rewording_changes_every_place_where_the_words_show() -> None:
    error = CommerceError("token abc", fields={"auth": "abc is wrong"})
    error.reword(lambda text: text.replace("abc", "***"))
    assert (error.message, error.args, error.fields) == ("token ***", ("token ***",), {"auth": "*** is wrong"})
    assert "abc" not in f"{error!s}{error!r}"


def test_fields_are_a_copy() -> None:
    fields = {"sku": "is taken"}
    error = CommerceError("no", fields=fields)
    fields["sku"] = "changed"
    assert error.fields == {"sku": "is taken"}
