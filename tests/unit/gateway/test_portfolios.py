"""Which portfolio an intent trades for: its own, else its strategy's, else the strategy id."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.submission.intents import submitted_event
from tests.support.factories import NOW
from tests.support.strategies import intents, names
from tradewind.contracts.envelope import parse_event
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.subjects import EventKey, subject_for
from tradewind.trading.submission.portfolios import StrategyPortfolios, parse_strategy_portfolios

TABLE = " alpha=fund-1, beta-*=fund-2,,beta-?=fund-3,*=rest "


@pytest.mark.parametrize(
    ("strategy_id", "portfolio"),
    [
        ("alpha", "fund-1"),
        ("beta-1", "fund-2"),
        ("alpha-1", "rest"),
        ("Alpha", "rest"),
    ],
)
@given(intent=intents)
def test_the_first_entry_that_fits_counts(strategy_id: str, portfolio: str, intent: Intent) -> None:
    portfolios = parse_strategy_portfolios(TABLE)
    named = intent.model_copy(update={"strategy_id": strategy_id, "portfolio_id": "own"})
    assert portfolios.portfolio_of(named) == "own"
    unnamed = named.model_copy(update={"portfolio_id": None})
    assert portfolios.portfolio_of(unnamed) == portfolio
    assert StrategyPortfolios().portfolio_of(unnamed) == strategy_id


@pytest.mark.parametrize(
    "entry",
    [
        "alpha",
        "alpha=",
        "=fund",
        "alpha=fund=1",
        "alpha=fund.1",
        "alpha=*",
        "al.pha=fund",
        "[ab]=fund",
        f"{'a' * 65}=fund",
        f"alpha={'a' * 65}",
        "first=again",
    ],
)
def test_a_wrong_entry_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=r"is not STRATEGY=PORTFOLIO|a second time") as refusal:
        parse_strategy_portfolios(f"first=fund,{entry},last=fund")
    assert str(refusal.value).startswith(f"{entry!r} ")


@given(intent=intents, configured=st.none() | names)
def test_the_portfolio_is_the_last_token_of_the_subject_and_the_intent_stays(
    intent: Intent, configured: str | None
) -> None:
    entries = ((intent.strategy_id, configured),) if configured else ()
    event = submitted_event(
        intent, at=NOW, entropy=bytes(10), portfolios=StrategyPortfolios(entries)
    )
    *_, instrument, portfolio = event.subject.split(".")
    assert portfolio == (intent.portfolio_id or configured or intent.strategy_id)
    key = EventKey(instrument=instrument, portfolio=portfolio)
    assert event.subject == subject_for(event.topic, key)
    parsed = parse_event(event.to_bytes())
    assert (parsed.key, parsed.payload.intent) == (key, intent)
