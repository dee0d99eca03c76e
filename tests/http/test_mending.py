"""Replies that are nearly JSON, and what is made of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from commerce_async.errors import DecodeError, ServerError
from commerce_async.http.call import Reply
from commerce_async.http.mending import mended
from commerce_async.http.outcome import decoded
from commerce_async.schema.lenient import Reader, untyped
from tests.http.kit import get

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(st.text(st.characters()))
@example("\ud800")
@example("\ud83d\ude00")
def test_every_half_of_a_pair_becomes_the_replacement_character_and_all_else_stays(text: str) -> None:
    body = json.dumps(text).encode()
    halves = "\N{REPLACEMENT CHARACTER}"
    joined = json.loads(body)  # what belongs together; what is left over is half of something
    assert msgspec.json.decode(mended(body)).count(halves) >= text.count(halves)
    assert json.loads(mended(body)) == "".join(halves if "\ud800" <= char <= "\udfff" else char for char in joined)
    if not any("\ud800" <= char <= "\udfff" for char in joined):
        assert mended(body) == body


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb'"cut \ud83d"', "cut �"),
        (rb'"\uDE00 \uD83D\uDE00"', "� 😀"),
        (rb'"\ud83d\ud83d\ude00"', "�😀"),
        (rb'"\\ud83d"', r"\ud83d"),
        (rb'"\\\ud83d"', "\\�"),
        (b'\xef\xbb\xbf"mark"', "mark"),
    ],
)
def test_only_what_no_decoder_takes_is_changed(body: bytes, text: str) -> None:
    assert msgspec.json.decode(mended(body)) == text


def test_a_page_with_a_text_that_was_cut_within_an_emoji_is_read_whole() -> None:
    call = get(decode=lambda reply: [bytes(raw) for raw in msgspec.json.decode(reply.body, type=list[msgspec.Raw])])
    body = rb'[{"id":1,"name":"cut \ud83d"},{"id":2,"name":"\ud83d\ude00"}]'
    records = decoded(call, Reply(200, {}, body, WHEN))
    assert [msgspec.json.decode(raw)["name"] for raw in records] == ["cut �", "😀"]
    assert records[1] == rb'{"id":2,"name":"\ud83d\ude00"}'


def test_a_number_that_no_decimal_holds_is_a_decode_error_and_no_other() -> None:
    for body in (b'{"price":1e99999999999999999999}', b'{"price":1E-99999999999999999999}'):
        with pytest.raises(DecodeError, match="exponent is too large"):
            decoded(get(decode=lambda reply: untyped(reply.body)), Reply(200, {}, body, WHEN))
        with pytest.raises(ValueError, match="exponent is too large"):
            Reader(dict[str, object]).read(body)


def test_what_is_no_json_for_another_reason_is_the_servers_failure() -> None:
    call: Any = get()
    for body in (b"<html>", b'{"a":"\\ud83d"', b"\xef\xbb\xbf", b'{"a":1}}'):
        with pytest.raises(ServerError, match="the reply is not JSON"):
            decoded(call, Reply(200, {}, body, WHEN))
