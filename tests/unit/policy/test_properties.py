"""What holds for every policy, book and intent: tighter limits let nothing more through."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.portfolio.decide import decide as judge
from actors.risk.decide import decide as screen
from actors.risk.screening import Prices
from tests.support.factories import NOW, submitted
from tests.support.limits import RISK_LIMITS
from tests.support.policies import INSTRUMENT, position, screened
from tradewind.contracts.portfolio.book import Book
from tradewind.contracts.risk.limit_names import OrderLimits, SizeLimits
from tradewind.contracts.risk.limits import PolicyReference, PortfolioInputs, PortfolioLimits
from tradewind.contracts.risk.policy import (
    GeneralLimits,
    InstrumentPolicy,
    PolicyDocument,
    PortfolioInstrumentPolicy,
    PortfolioPolicy,
)
from tradewind.contracts.wire import Document
from tradewind.trading.policy import changes
from tradewind.trading.policy.changes import loosened_by
from tradewind.trading.policy.resolution import LOT, in_force, is_looser, scopes_of
from tradewind.trading.policy.risk_policy import RiskPolicy
from tradewind.trading.policy.store import AppliedPolicy
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote

REFERENCE = PolicyReference(version=1, content="ab" * 32)
ORDER_NAMES = {*OrderLimits.model_fields, *SizeLimits.model_fields}
WHOLE = 10**18


def choices(*values: Any) -> st.SearchStrategy[Any]:
    """Return few values that are near each other, so that limits meet what they limit."""
    return st.sampled_from(values)


decimals = choices(*(Decimal(number) for number in ("0", "1", "1.5", "2", "3", "4000", "9000")))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "min_notional_usd": choices(Decimal(0), Decimal(1_500), Decimal(2_500)),
    "max_notional_usd": choices(Decimal(3_000), Decimal(5_000), Decimal(9_000)),
    "min_order_amount": choices(Decimal("0.5"), Decimal(1)),
    "max_order_amount": choices(Decimal(1), Decimal(2), Decimal(3)),
    LOT: choices(Decimal("0.25"), Decimal("0.5"), Decimal("0.3"), Decimal(1)),
    "max_slippage_bps": choices(50, 100, 400),
    "max_price_impact_bps": choices(10, 100, 900),
    "max_price_age_seconds": choices(5, 10, 60),
    "price_collar_bps": choices(100, 150, 900),
    "max_leverage": choices(Decimal("0.5"), Decimal(1), Decimal(3)),
    "max_concentration_bps": choices(1_000, 5_000, 9_000),
    "max_drawdown_bps": choices(500, 1_000, 3_000),
    "max_consecutive_losses": choices(1, 2, 3),
    "short_allowed": st.booleans(),
    "duplicate_window_seconds": choices(0, 30, 60),
    "cooldown_seconds": choices(0, 30, 60),
    "max_intents_per_minute": choices(0, 2, 4),
    "max_open_intents": choices(0, 2, 4),
}
PARTS: dict[tuple[str, ...], type[Document]] = {
    ("hard",): GeneralLimits,
    ("defaults",): GeneralLimits,
    ("portfolios", "demo"): PortfolioPolicy,
    ("portfolios", "demo", "instruments", INSTRUMENT): PortfolioInstrumentPolicy,
    ("instruments", INSTRUMENT): InstrumentPolicy,
}


@st.composite
def policies(draw: st.DrawFn) -> PolicyDocument:
    """Return a policy with a few limits in any scopes."""
    written: dict[str, Any] = {}
    for path, kind in PARTS.items():
        names = [name for name in kind.model_fields if name != "instruments"]
        chosen = draw(st.lists(st.sampled_from(names), max_size=6, unique=True))
        put(written, path, {name: draw(VALUES.get(name, decimals)) for name in chosen})
    return PolicyDocument.model_validate(written)


def put(written: dict[str, Any], path: tuple[str, ...], limits: dict[str, Any]) -> None:
    for name in path:
        written = written.setdefault(name, {})
    written.update(limits)


positions = st.builds(
    position,
    quantity=choices(-WHOLE, 0, WHOLE, 3 * WHOLE),
    claimed=choices(0, WHOLE),
    incoming=choices(None, 0, WHOLE),
)
funds = st.builds(position, st.just("USDC"), quantity=choices(0, 5_000 * 10**6, 10**12))
known = st.none() | decimals
moments = st.none() | choices(*(NOW - timedelta(seconds=age) for age in (10, 30, 59, 60)))
books = st.builds(
    Book,
    version=st.just(1),
    as_of=st.just(1),
    claimed_usd=decimals,
    open_intents=st.integers(0, 4),
    recent_intents=st.integers(0, 4),
    same_intent_at=moments,
    last_exit_at=moments,
    day_notional_usd=decimals,
    funded=st.booleans(),
    day_profit_usd=st.none() | choices(Decimal(-9_000), Decimal(-2), Decimal(5)),
    equity_usd=known,
    peak_equity_usd=known,
    consecutive_losses=st.none() | st.integers(0, 4),
    gross_usd=known,
    net_usd=known,
    positions=st.tuples(positions, funds) | st.just(()),
    others_position=choices(None, 0, 2 * WHOLE),
)
orders = st.fixed_dictionaries(
    {
        "intent_type": choices("acquire", "dispose"),
        "amount": choices(Decimal("0.5"), Decimal(1), Decimal("1.2"), Decimal(3)),
        "slippage": choices(Decimal("0.005"), Decimal("0.01"), Decimal("0.05")),
    }
)
quotes = st.builds(
    PriceQuote,
    choices(Decimal(1_000), Decimal(2_000)),
    st.just(17),
    choices(*(NOW - timedelta(seconds=age) for age in (0, 10, 60, 301))),
    choices(None, 0, 120, 500),
)
prices = st.builds(Prices, quotes | st.just(NoPrice()), quotes | choices(NoPrice(), NoPrice("?")))


def screening(document: PolicyDocument, order: dict[str, Any], at: Prices) -> Any:
    applied = AppliedPolicy(REFERENCE, RiskPolicy(document))
    return screen(submitted(**order), at, RISK_LIMITS, NOW, None, applied)[0].payload


def judging(document: PolicyDocument, order: dict[str, Any], book: Book) -> Any:
    event = screened(**order)
    limits = RiskPolicy(document).portfolio_limits("demo", event.payload.intent)
    inputs = PortfolioInputs(policy=REFERENCE, limits=limits, book=book)
    return judge(event, inputs, NOW)[0].payload


def failed(payload: Any) -> set[str]:
    return {check.rule for check in payload.checks if not check.passed}


@given(policies(), policies(), orders, prices, books)
def test_a_policy_that_loosens_nothing_approves_nothing_more(
    before: PolicyDocument, after: PolicyDocument, order: dict[str, Any], at: Prices, book: Book
) -> None:
    loosened = {change.name for change in loosened_by(before, after)}
    if not loosened & ORDER_NAMES:
        assert failed(screening(before, order, at)) <= failed(screening(after, order, at))
    if not loosened & {*PortfolioLimits.model_fields}:
        assert failed(judging(before, order, book)) <= failed(judging(after, order, book))


@given(policies(), st.data(), orders, prices, books)
def test_tightening_one_limit_never_turns_a_rejection_into_an_approval(
    before: PolicyDocument, data: st.DataObject, order: dict[str, Any], at: Prices, book: Book
) -> None:
    written = before.model_dump(mode="json", exclude_defaults=True)
    path = data.draw(st.sampled_from(list(PARTS)))
    part: Any = written
    for name in path:
        part = part.get(name, {})
    names = sorted(name for name in part if name in VALUES)
    if not names:
        return
    name = data.draw(st.sampled_from(names))
    tighter = data.draw(VALUES[name])
    section: Any = before
    for step in path:
        section = section[step] if isinstance(section, dict) else getattr(section, step)
    if is_looser(name, tighter, getattr(section, name)):
        return
    part[name] = tighter if isinstance(tighter, bool) else str(tighter)
    after = PolicyDocument.model_validate(written)
    assert loosened_by(before, after) == []
    assert failed(screening(before, order, at)) <= failed(screening(after, order, at))
    assert failed(judging(before, order, book)) <= failed(judging(after, order, book))


@given(policies(), orders, prices, books)
def test_a_decision_follows_from_its_inputs_and_says_all_that_failed_in_order(
    document: PolicyDocument, order: dict[str, Any], at: Prices, book: Book
) -> None:
    for said, again in (
        (screening(document, order, at), screening(document, order, at)),
        (judging(document, order, book), judging(document, order, book)),
    ):
        assert said.model_dump_json() == again.model_dump_json()
        assert type(said).model_validate_json(said.model_dump_json()) == said
        if said.topic == "risk.rejected":
            first = next(check for check in said.checks if not check.passed)
            assert said.reason == first.rule
            assert said.detail
        else:
            assert failed(said) == set()


ELSEWHERE = "another"
NAMED = ("first", "second", "third")
PAIRS = ("ethereum-A-B", "ethereum-A-C", "ethereum-A-D")
SAID = st.sampled_from((None, None, 1, 2, 3, 4))


@st.composite
def single_limits(draw: st.DrawFn, name: str) -> PolicyDocument:
    """Return a policy that says something of one limit in any scope."""

    def section() -> dict[str, Any]:
        value = draw(SAID)
        return {} if value is None else {name: Decimal(value)}

    return PolicyDocument.model_validate(
        {
            "hard": section(),
            "defaults": section(),
            "instruments": {one: section() for one in PAIRS},
            "portfolios": {
                one: section() | {"instruments": {pair: section() for pair in PAIRS[:2]}}
                for one in NAMED
            },
        }
    )


@given(st.data(), st.sampled_from(("max_notional_usd", "min_notional_usd", "max_position_usd")))
def test_what_loosens_is_found_as_if_every_combination_were_compared(
    data: st.DataObject, name: str
) -> None:
    before, after = (data.draw(single_limits(name)) for _ in range(2))
    looser = [
        (portfolio_id, instrument)
        for portfolio_id in (*NAMED, ELSEWHERE)
        for instrument in (*PAIRS, ELSEWHERE)
        if is_looser(
            name,
            *(
                found and found.value
                for one in (after, before)
                for found in (in_force(name, scopes_of(one, portfolio_id, instrument)),)
            ),
        )
    ]
    assert bool(loosened_by(before, after)) == bool(looser)


def test_many_portfolios_and_instruments_are_compared_in_few_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Given 500 portfolios and 600 instruments with limits of their own, which fit into a request,
    then not all 300,000 combinations are compared."""
    said = {
        "portfolios": {f"p{one}": {"max_notional_usd": str(one + 1_000)} for one in range(500)},
        "instruments": {f"c-A{one}-B": {"max_notional_usd": str(one + 1)} for one in range(600)},
    }
    before, after = PolicyDocument.model_validate(said), PolicyDocument.model_validate(said)
    compared, resolve = 0, in_force

    def counted(*arguments: Any) -> Any:
        nonlocal compared
        compared += 1
        return resolve(*arguments)

    monkeypatch.setattr(changes, "in_force", counted)
    assert loosened_by(before, after) == []
    assert compared < 10_000
