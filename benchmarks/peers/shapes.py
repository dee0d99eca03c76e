"""What the lists hold, as JSON schemas: Singer's taps and Airbyte's manifests must say it, and read it off a sample."""

from __future__ import annotations

import base64
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def infer(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A schema of the top level of these records; objects and arrays are as they come, and anything may be null."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for record in records:
        for name, value in record.items():
            found[name] |= set() if value is None else {_TYPES[type(value)]}
    return {"type": "object", "properties": {name: _field(kinds) for name, kinds in found.items()}}


def _field(kinds: set[str]) -> dict[str, Any]:
    if "number" in kinds:
        kinds = kinds - {"integer"}
    shown = sorted(kinds) or ["string"]
    field: dict[str, Any] = {"type": [*shown, "null"]}
    if "object" in kinds:
        field["additionalProperties"] = True
    if "array" in kinds:
        field["items"] = {}
    return field


def of(job: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The schemas of the four lists, from up to 1,000 records of each.

    Args:
        job: where the shops are and what is asked of them; see `sides.job`.
    """
    eu, us = job["fastspring"], job["sparkpay"]
    basic = base64.b64encode(f"{eu['username']}:{eu['password']}".encode()).decode()

    def fastspring(path: str) -> dict[str, Any]:
        return _get(eu["base_url"] + path, {"Authorization": f"Basic {basic}"})

    def sparkpay(path: str) -> dict[str, Any]:
        return _get(us["base_url"] + path, {"X-AC-Auth-Token": us["token"]})

    ids: list[str] = fastspring("/products")["products"][:1000]
    batches = [",".join(ids[start : start + 50]) for start in range(0, len(ids), 50)]
    products = [record for batch in batches for record in fastspring(f"/products/{batch}")["products"]]
    orders = fastspring(f"/orders?begin=2010-01-01&end={job['tomorrow']}&limit=500")["orders"]
    schemas = {"fastspring_products": infer(products), "fastspring_orders": infer(orders)}
    for stream, nested in job["expand"].items():
        schemas[f"sparkpay_{stream}"] = infer(sparkpay(f"/api/v1/{stream}?count=1000&expand={nested}")[stream])
    return schemas


def _get(url: str, headers: Mapping[str, str]) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"User-Agent": "benchmark", **headers})
    with urllib.request.urlopen(request) as reply:
        return msgspec.json.decode(reply.read())
