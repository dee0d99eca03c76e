"""Calls as data: what may go twice, and paths that cannot climb or split."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from commerce_async.errors import UsageError
from commerce_async.http.call import Call, path
from tests.http.kit import json


@pytest.mark.parametrize(
    ("method", "told", "repeatable"),
    [
        ("GET", None, True),
        ("HEAD", None, True),
        ("PUT", None, True),
        ("DELETE", None, True),
        ("POST", None, False),
        ("PATCH", None, False),
        ("POST", True, True),
        ("PUT", False, False),
    ],
)
def test_what_may_go_twice_goes_by_the_method_unless_the_adapter_knows_better(
    method: str, told: bool | None, repeatable: bool
) -> None:
    assert Call("x", method, "/x", json, idempotent=told).repeatable is repeatable


@given(st.text(min_size=1))
def test_a_segment_stays_one_segment_of_the_configured_host_or_is_refused(text: str) -> None:
    try:
        made = path("products", text)
    except UsageError:
        return
    url = URL(f"https://shop.example{made}", encoded=True)
    assert url.host == "shop.example"
    assert made.isascii()
    assert made.count("/") == 2
    assert not {"?", "#", "\\", " ", "\r", "\n"} & set(made)
    assert unquote(made.rpartition("/")[2]) == text


@pytest.mark.parametrize("text", ["", ".", "..", "a\nb", "a\x00", "\x7f", "\ud800"])
def test_segments_that_would_lead_elsewhere_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        path("products", text)


def test_an_escaped_climb_stays_escaped() -> None:
    assert path("products", "../../admin") == "/products/..%2F..%2Fadmin"
