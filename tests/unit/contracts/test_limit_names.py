"""A limit's number has one form, however it is written."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from tradewind.contracts.risk.limit_names import Amount, Usd

FORMS = {
    "0": "0",
    "0.000000": "0",
    "0.50": "0.5",
    "100": "100",
    "100.00": "100",
    "61035156250": "61035156250",
}


@pytest.mark.parametrize("written", FORMS)
@pytest.mark.parametrize("kind", [Amount, Usd], ids=["Amount", "Usd"])
def test_a_number_has_one_form(kind: Any, written: str) -> None:
    read = TypeAdapter(kind).validate_python(written)
    assert repr(read) == f"Decimal('{FORMS[written]}')"
