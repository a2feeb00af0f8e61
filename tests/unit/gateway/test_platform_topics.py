"""Events of the platform itself can be subscribed to, and go to keys of whose they are."""

import pytest

from gateway.http.caller import Accounts
from gateway.stream.events import Frame
from gateway.stream.topic_patterns import parse_pattern
from gateway.stream.visibility import StrategyMemory, Visibility
from tradewind.contracts.registry import TOPICS

ALL, OF_FUND = Accounts(), Accounts(("*",), ("fund",))
OF_STRATEGY, OF_OTHER = Accounts(("alpha",)), Accounts(("*",), ("other",))


def frame(topic: str, portfolio_id: str) -> Frame:
    return Frame(1, topic, "portfolio-fund-1", portfolio_id, None, b"{}", 2)


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
    """A portfolio may be one of several strategies: no event of it is for a key of one of them."""
    for accounts in (ALL, OF_FUND, OF_OTHER, OF_STRATEGY):
        visibility = Visibility(accounts, StrategyMemory())
        assert visibility.covers(frame(topic, portfolio_id)) == (accounts in seen_by), accounts
