"""The code of docs/testing.md is these tests: pytest collects what the page defines."""

from __future__ import annotations

import re
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs" / "testing.md"
_CODE = "\n".join(re.findall(r"^```python\n(.*?)^```", _PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
assert _CODE.count("def test_") >= 4
exec(compile(_CODE, str(_PAGE), "exec"))
# Not all of it again: tests/sparkpay/test_conformance_sparkpay.py runs the same.
_Suite = globals().pop("TestMyStore")


def test_the_suite_of_the_page_runs() -> None:
    suite = _Suite()
    suite.test_a_probe_is_cheap_and_tells_the_limit()
    suite.test_a_record_that_is_not_there_is_missing("products")
