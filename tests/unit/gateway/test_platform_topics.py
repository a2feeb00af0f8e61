"""Events of the platform itself can be subscribed to, and go to keys of whose they are."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from gateway.http.caller import Accounts
from gateway.ports import StoredMessage
from gateway.stream.events import Frame, StreamEvent
from gateway.stream.topic_patterns import parse_pattern
from gateway.stream.visibility import StrategyMemory, Visibility
from tests.unit.gateway.support import NOW
from tradewind.contracts.registry import TOPICS
from tradewind.trading.accounting.funding import Capital, funding
from tradewind.trading.tokens import load_tokens

USDC_TOKEN = next(one for one in load_tokens().tokens if one.symbol == "USDC")
ALL, OF_FUND = Accounts(), Accounts(("*",), ("fund",))
OF_STRATEGY, OF_OTHER = Accounts(("alpha",)), Accounts(("*",), ("other",))


def frame(topic: str, portfolio_id: str, *owners: str) -> Frame:
    return Frame(1, topic, "portfolio-fund-1", portfolio_id, None, b"{}", 2, owners)


@pytest.mark.parametrize("domain", ["portfolio", "wallet", "instrument", "system"])
def test_every_topic_of_the_platform_can_be_subscribed_to(domain: str) -> None:
    topics = [one for one in TOPICS if one.startswith(f"{domain}.")]
    assert topics
    assert all(parse_pattern(f"{domain}.*").matches(one) for one in topics)


@pytest.mark.parametrize(
    ("topic", "portfolio_id", "seen_by"),
    [
        ("portfolio.updated", "fund", [ALL, OF_FUND]),
        ("portfolio.funded", "fund", [ALL, OF_FUND]),
        ("wallet.reconciled", "_", [ALL]),
        ("instrument.registered", "_", [ALL]),
        ("system.trading_state_changed", "_", [ALL]),
        ("system.trading_state_changed", "fund", [ALL, OF_FUND]),
    ],
)
def test_an_event_goes_to_keys_of_whose_it_is(
    topic: str, portfolio_id: str, seen_by: list[Accounts]
) -> None:
    """An event that does not say whose the portfolio is goes to nobody for some strategies only."""
    for accounts in (ALL, OF_FUND, OF_OTHER, OF_STRATEGY):
        visibility = Visibility(accounts, StrategyMemory())
        assert visibility.covers(frame(topic, portfolio_id)) == (accounts in seen_by), accounts


PAIRED = Accounts(("al*", "beta"), ("fu*",))


@pytest.mark.parametrize(
    ("owners", "seen_by"),
    [
        ((), [ALL, OF_FUND]),
        (("alpha",), [ALL, OF_FUND, OF_STRATEGY, PAIRED]),
        (("alpha", "beta"), [ALL, OF_FUND, PAIRED]),
        (("alpha", "gamma"), [ALL, OF_FUND]),
        (("alpha2",), [ALL, OF_FUND, PAIRED]),
    ],
    ids=["nobody", "one", "two", "another", "a name that begins alike"],
)
@pytest.mark.parametrize("topic", [one for one in TOPICS if one.startswith("portfolio.")])
def test_an_event_of_a_portfolio_goes_to_who_sees_all_of_it(
    topic: str, owners: tuple[str, ...], seen_by: list[Accounts]
) -> None:
    for accounts in (ALL, OF_FUND, OF_OTHER, OF_STRATEGY, PAIRED):
        memory = StrategyMemory()
        # What is remembered of the history's strategy does not stand for whose the portfolio is.
        memory.learn(replace(frame("intent.submitted", "fund"), strategy_id="alpha"))
        visibility = Visibility(accounts, memory)
        assert visibility.covers(frame(topic, "fund", *owners)) == (accounts in seen_by), accounts


def message_of(**changes: Any) -> StoredMessage:
    """Return a stored portfolio.funded, its payload changed."""
    capital = Capital("fund", USDC_TOKEN, Decimal(1), "in")
    event = funding(
        capital, requested_by="ops", note="", reference="1", producer="cli", at=NOW,
        strategies=("alpha", "beta"),
    )  # fmt: skip
    document = json.loads(event.to_bytes())
    document["payload"] |= changes
    return StoredMessage(7, event.subject, json.dumps(document).encode(), 0.0)


@pytest.mark.parametrize(
    ("changes", "owners"),
    [
        ({}, ("alpha", "beta")),
        ({"strategies": ["*"]}, ("*",)),
        ({"strategies": "alpha"}, ()),
        ({"strategies": [None, "alpha"]}, ()),
        ({"strategies": {"alpha": 1}}, ()),
        ({"strategyId": "alpha", "strategies": []}, ()),
    ],
    ids=["told", "a star", "a text", "no name", "an object", "another field"],
)
def test_whose_a_portfolio_is_is_read_from_its_event_alone(
    changes: dict[str, Any], owners: tuple[str, ...]
) -> None:
    read = StreamEvent(message_of(**changes)).frame
    assert read is not None
    assert read.owners == owners
    assert not Visibility(OF_STRATEGY, StrategyMemory()).covers(read)
