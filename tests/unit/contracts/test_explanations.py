"""Whoever meets a code is told what it means and what to do."""

import re
from collections.abc import Mapping
from enum import StrEnum

import pytest

from tradewind.contracts.explanations.explanation import Explanation
from tradewind.operations.codegen.reason_tables import TABLES, reason_tables

SENTENCES = re.compile(r"[A-Z].*[.?]")


@pytest.mark.parametrize(
    ("codes", "explanations"), [table[1:] for table in TABLES], ids=[table[0] for table in TABLES]
)
def test_every_code_is_explained_in_sentences(
    codes: type[StrEnum], explanations: Mapping[StrEnum, Explanation]
) -> None:
    assert set(explanations) == set(codes)
    for code, explanation in explanations.items():
        for text in explanation:
            assert SENTENCES.fullmatch(text), f"{code}: {text}"


def test_the_generated_table_has_every_explanation() -> None:
    module = reason_tables()
    for _, codes, explanations in TABLES:
        for code in codes:
            assert f'  {code.value}: {{ sentence: "{explanations[code].sentence}"' in module
