"""The client reads what platforms wrote, and writes what they read."""

import inspect
import json
from decimal import Decimal
from typing import Any

import pytest
from tradewind_client import AsyncClient, Client, Intent
from tradewind_client.approvals import Approvals, AsyncApprovals
from tradewind_client.async_client import AsyncDeadLetters, AsyncIntents
from tradewind_client.async_instruments import AsyncInstruments
from tradewind_client.async_limits import AsyncLimits
from tradewind_client.async_live import AsyncLive, AsyncPortfolios
from tradewind_client.async_wallets import AsyncWallets
from tradewind_client.calls import json_body
from tradewind_client.client import DeadLetters, Intents
from tradewind_client.instruments import Instruments
from tradewind_client.limits import Limits
from tradewind_client.live import Live, Portfolios
from tradewind_client.models import (
    PAYLOADS,
    IntentDocument,
    PlanDocument,
    PositionsDocument,
)
from tradewind_client.resources import Event
from tradewind_client.trading_states import AsyncTradingStates, TradingStates
from tradewind_client.wallets import Wallets
from tradewind_client.wire import Model

from gateway.openapi.examples import REQUEST_EXAMPLES
from tests.replay.golden import documents, names, read_history
from tradewind.contracts.intents.model import Intent as PlatformIntent
from tradewind.contracts.registry import PAYLOADS as PLATFORM_PAYLOADS

MODELS: dict[str, type[Model]] = {
    "submitted_at": IntentDocument,
    "steps": PlanDocument,
    "positions": PositionsDocument,
}
"""By a field that only one of them has."""


@pytest.mark.parametrize("name", names())
def test_every_payload_of_a_golden_history_is_read_and_written_back(name: str) -> None:
    for recorded in read_history(name):
        written = recorded.model_dump(mode="json")
        event = Event.model_validate(written)
        payload = event.typed_payload
        assert payload is not None
        dumped = payload.model_dump(mode="json", by_alias=True, exclude_unset=True)
        assert dumped == written["payload"]


@pytest.mark.parametrize("name", names())
def test_every_golden_document_is_read_and_written_back(name: str) -> None:
    for line in documents(name).splitlines():
        written = json.loads(line)
        (model,) = (model for field, model in MODELS.items() if field in written)
        document = model.model_validate(written)
        assert document.model_dump(mode="json", exclude_unset=True) == written


def test_every_topic_has_its_model() -> None:
    assert set(PAYLOADS) == set(PLATFORM_PAYLOADS)


def test_what_a_newer_platform_adds_is_kept() -> None:
    written: dict[str, Any] = {"topic": "exec.invented", "payload": {"new": 1}, "brandNew": True}
    rest = {
        "eventId": "e",
        "timestamp": "2026-11-28T12:00:00Z",
        "correlationId": "c",
        "causationId": "c",
        "sequence": 1,
        "key": {},
        "producer": "p",
        "version": 1,
    }
    event = Event.model_validate(written | rest)
    assert event.typed_payload is None
    assert event.model_dump(by_alias=True)["brandNew"] is True


def test_an_intent_is_written_as_the_platform_reads_it() -> None:
    intent = Intent.model_validate(REQUEST_EXAMPLES["submit_intent"])
    assert intent.amount == Decimal("0.5")
    platforms = PlatformIntent.model_validate_json(json_body(intent))
    assert platforms.amount == Decimal("0.5")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Client, AsyncClient),
        (Intents, AsyncIntents),
        (DeadLetters, AsyncDeadLetters),
        (Approvals, AsyncApprovals),
        (TradingStates, AsyncTradingStates),
        (Live, AsyncLive),
        (Instruments, AsyncInstruments),
        (Limits, AsyncLimits),
        (Portfolios, AsyncPortfolios),
        (Wallets, AsyncWallets),
    ],
)
def test_both_clients_offer_the_same(one: type, other: type) -> None:
    def offered(kind: type) -> dict[str, list[str]]:
        methods = inspect.getmembers(kind, inspect.isfunction)
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in methods
            if not name.startswith("_")
        }

    assert offered(one) == offered(other)
