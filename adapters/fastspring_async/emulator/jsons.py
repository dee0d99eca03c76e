"""JSON with exact amounts: Decimals go out as numbers and numbers with a fraction come in as Decimals."""

from __future__ import annotations

from decimal import Decimal

import msgspec

encode = msgspec.json.Encoder(decimal_format="number").encode
decode = msgspec.json.Decoder(float_hook=Decimal).decode


def quoted(text: str | None) -> str:
    """The text as a JSON string, or null."""
    return encode(text).decode()
