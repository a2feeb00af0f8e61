"""Scopes as people and events write them, and those that concern an intent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.factories import NOW, submitted
from tradewind.contracts.ids import parse_correlation_id
from tradewind.contracts.subjects import NO_KEY
from tradewind.contracts.system.trading_states import (
    MAX_SCOPE_LENGTH,
    Scope,
    ScopeKind,
    TradingState,
)
from tradewind.trading.halts.records import StateChange, event_of, history_of
from tradewind.trading.halts.scopes import scopes_of

WALLET = "0x" + "aB" * 20
LONG = "ethereum-" + "A" * 16 + "-" + "B" * 16 + "C" * 40


@pytest.mark.parametrize(
    "text",
    [
        "everything",
        "account:fund",
        "portfolio:fund_1",
        "strategy:alpha-2",
        "instrument:ethereum-WETH-USDC",
        "venue:simulated",
        "chain:ethereum",
        f"wallet:ethereum:{WALLET.lower()}",
        "lock:ethereum-WETH-USDC",
        "lock:fund:ethereum-WETH-USDC",
    ],
)
def test_a_scope_is_read_as_it_is_written(text: str) -> None:
    assert str(Scope.parse(text)) == text


def test_the_address_of_a_wallet_has_one_spelling() -> None:
    assert Scope.parse(f"wallet:ethereum:{WALLET}") == Scope.parse(
        f"wallet:ethereum:{WALLET.lower()}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "everything:",
        "everything:fund",
        "fund",
        "portfolio",
        "portfolio:",
        "portfolio: fund",
        "portfolio:fund:",
        "portfolio:" + "f" * 65,
        "portfolio:f\u0430nd",
        "venue:moon",
        "wallet:ethereum",
        "wallet:ethereum:0x12",
        "lock::ethereum-WETH-USDC",
        "lock:a:b:c",
        "chain:Ethereum",
        "portfolio:fund\n",
    ],
)
def test_what_is_no_scope_says_how_one_is_written(text: str) -> None:
    with pytest.raises(ValueError, match="scope"):
        Scope.parse(text)


def test_every_scope_of_an_intent_can_be_written() -> None:
    intent = submitted(1).payload.intent
    scopes = scopes_of(intent, "fund", venue="simulated", wallet=WALLET)
    assert {Scope.parse(str(one)) for one in scopes} == set(scopes)
    assert {one.kind for one in scopes} == set(ScopeKind)
    accounts = {one.name for one in scopes if one.kind is ScopeKind.ACCOUNT}
    assert accounts == {"fund", intent.strategy_id}
    own = scopes_of(intent, intent.strategy_id)
    assert len(own) == len(set(own))
    assert max(len(str(one)) for one in scopes) <= MAX_SCOPE_LENGTH


names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", fullmatch=True)
kinds = st.sampled_from([ScopeKind.ACCOUNT, ScopeKind.PORTFOLIO, ScopeKind.STRATEGY])


@given(st.tuples(kinds, names), st.tuples(kinds, names))
def test_every_scope_has_a_history_of_its_own(
    one: tuple[ScopeKind, str], other: tuple[ScopeKind, str]
) -> None:
    assert (history_of(Scope(*one)) == history_of(Scope(*other))) == (one == other)


@pytest.mark.parametrize(
    ("text", "instrument", "portfolio"),
    [
        ("everything", NO_KEY, NO_KEY),
        (f"wallet:ethereum:{WALLET}", NO_KEY, NO_KEY),
        ("portfolio:fund", NO_KEY, "fund"),
        (f"instrument:{LONG}", LONG, NO_KEY),
        (f"lock:{LONG}", LONG, NO_KEY),
        (f"lock:{'f' * 64}:{LONG}", LONG, "f" * 64),
    ],
)
def test_the_event_of_a_scope_fits_into_the_envelope(
    text: str, instrument: str, portfolio: str
) -> None:
    scope = Scope.parse(text)
    event = event_of(StateChange(scope, TradingState.HALTED, "why", "ada"), None, "cli", NOW)
    parse_correlation_id(event.correlation_id)
    assert (event.key.instrument, event.key.portfolio) == (instrument, portfolio)
    assert type(event).model_validate_json(event.to_bytes()) == event
