"""Rows folded in Rust give the bytes that the models in Python give, or nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtest.mixed_history import mixed_histories
from tests.replay import golden
from tests.support.examples import examples
from tests.support.histories import START, History
from tests.support.ledger_rows import row_of
from tests.unit.readmodels.test_fold import ends, walks
from tradewind.contracts.envelope import AnyEvent, next_events
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.payload import Payload
from tradewind.readmodels.models.intent_history import INTENT_HISTORY
from tradewind.readmodels.models.intent_rows import IS_COMPILED, fold_intent_rows
from tradewind.readmodels.registry import READ_MODELS

INCARNATION = "019"
LARGE = 2**126
"""Three fills of less stay below 128 bits."""

pytestmark = pytest.mark.skipif(not IS_COMPILED, reason="the Rust extension is not built")


def rows_of(history: Sequence[AnyEvent]) -> list[Mapping[str, Any]]:
    return [row_of(event) for event in history]


def by_models(history: Sequence[AnyEvent]) -> dict[str, bytes]:
    folded = INTENT_HISTORY.fold(history, INCARNATION)
    return {
        READ_MODELS.key_of(one): one.model_dump_json().encode()
        for one in INTENT_HISTORY.documents(folded)
    }


def by_rows(rows: list[Mapping[str, Any]]) -> dict[str, bytes] | None:
    written = fold_intent_rows(rows, INCARNATION)
    return None if written is None else {one.key: one.text for one in written}


def of_intents(seed: int) -> Iterator[list[AnyEvent]]:
    return (one for one in mixed_histories(seed) if one[0].correlation_id.startswith("intent-"))


SOME = list(islice(of_intents(29), 60))


def test_usual_histories_are_folded_in_rust() -> None:
    """Given every outcome, and each history as far as it was at some time."""
    for history in islice(of_intents(3), 150):
        for part in (history, history[: len(history) // 2 + 1]):
            assert by_rows(rows_of(part)) == by_models(part)


@pytest.mark.parametrize("fills", [1, 2, 3])
def test_every_prefix_of_a_settled_history(fills: int) -> None:
    history = History().completed(fills=fills)
    for length in range(1, len(history) + 1):
        assert by_rows(rows_of(history[:length])) == by_models(history[:length])


@pytest.mark.parametrize("following", [one for one, *_ in ends()])
def test_every_other_end(following: list[Payload]) -> None:
    history = History().events(*following)
    assert by_rows(rows_of(history)) == by_models(history)


@pytest.mark.parametrize("name", golden.names())
def test_recorded_histories(name: str) -> None:
    history = [
        event
        for event in golden.read_history(name)
        if event.correlation_id.startswith(INTENT_HISTORY.prefix)
    ]
    by_correlation: dict[str, list[AnyEvent]] = {}
    for event in history:
        by_correlation.setdefault(event.correlation_id, []).append(event)
    for one in by_correlation.values():
        assert by_rows(rows_of(one)) in (None, by_models(one))


@settings(max_examples=examples(60))
@given(walks())
def test_whatever_a_history_has_it_is_folded_alike_or_left_to_python(
    history: list[AnyEvent],
) -> None:
    folded = by_rows(rows_of(history))
    assert folded in (None, by_models(history))
    state = INTENT_HISTORY.fold(history, INCARNATION)
    if state.intent is not None and not state.intent.illegal_events:
        assert folded is not None


_TEXTS = st.text(max_size=30).map(lambda text: text.replace("\0", "0"))
_DECIMALS = st.decimals(0, 10**12, places=6)
_UNITS = st.one_of(st.integers(0, 10**30), st.integers(2**120, 2**130))


def _told_otherwise(payload: Payload, data: st.DataObject) -> Payload:
    """Return a payload with other values in the fields that documents take from it."""
    drawn: dict[str, Any] = {}
    for name in type(payload).model_fields:
        if name in ("notional_usd", "price_usd"):
            drawn[name] = data.draw(_DECIMALS)
        elif name == "detail":
            drawn[name] = data.draw(_TEXTS)
        elif name == "priority":
            drawn[name] = data.draw(st.integers(1, 5))
        elif name in ("amount_in", "amount_out"):
            drawn[name] = data.draw(_UNITS)
        elif name == "confirm_by":
            drawn[name] = START + timedelta(milliseconds=data.draw(st.integers(0, 10**9)))
    return payload.model_copy(update=drawn)


def _has_large_amount(payload: Payload) -> bool:
    amounts = [getattr(payload, name, None) or 0 for name in ("amount_in", "amount_out")]
    return max(amounts) >= LARGE


@settings(max_examples=examples(60))
@given(st.sampled_from(SOME), st.data())
def test_values_of_all_kinds_are_written_alike(some: list[AnyEvent], data: st.DataObject) -> None:
    """Given amounts, texts, times and decimals of any kind in a history of any outcome."""
    root, *later = some
    payloads = [_told_otherwise(one.payload, data) for one in later]
    history = [root, *next_events(root, payloads, producer="test", at=START)]
    folded = by_rows(rows_of(history))
    large = [one for one in payloads if _has_large_amount(one)]
    assert folded == by_models(history) or (folded is None and large)


@pytest.mark.parametrize(
    "changes",
    [
        {"body_sha256": b"0" * 32},
        {"body": b"{}"},
        {"sequence": 99},
        {"producer": "other"},
        {"topic": "nobody.knows"},
        {"payload": "{"},
    ],
)
def test_rows_that_prove_nothing_are_left_to_python(changes: dict[str, Any]) -> None:
    """Given a row that was changed in any column, then nothing is folded from it."""
    rows = rows_of(History().completed())
    for place in range(len(rows)):
        assert by_rows([*rows[:place], {**rows[place], **changes}, *rows[place + 1 :]]) is None


def test_a_history_with_a_gap_or_of_another_intent_is_left_to_python() -> None:
    rows, others = rows_of(History(1).completed()), rows_of(History(2).completed())
    assert by_rows(rows[1:]) is None
    assert by_rows([*rows[:3], *rows[4:]]) is None
    assert by_rows([*rows[:3], *others[3:]]) is None
    assert by_rows([]) is None


def test_criteria_come_out_alike() -> None:
    """Given every metric, met and missed, then actual values are written to the digit."""
    for history in SOME:
        root = history[0]
        intent = root.payload.intent
        criteria = [
            {"metric": metric, "comparison": comparison, "threshold": Decimal(threshold)}
            for metric in ("amount_out", "price", "duration_seconds")
            for comparison, threshold in (("at_least", "0.5"), ("at_most", "2500.25"))
        ]
        asked = type(intent).model_validate(
            intent.model_dump() | {"success_criteria": tuple(criteria)}
        )
        opened = IntentSubmitted(
            intent_id=root.payload.intent_id, intent=asked, expires_at=root.payload.expires_at
        )
        again = [root.model_copy(update={"payload": opened}), *history[1:]]
        assert by_rows(rows_of(again)) == by_models(again)
