"""Makes a simulated market at a fixed time, and intents on it, for the tests of roles."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.support.limits import RISK_LIMITS
from tradewind.contracts.envelope import AnyEvent, Event, first_event, next_events
from tradewind.contracts.ids import CorrelationKind, make_correlation_id, make_ulid
from tradewind.contracts.instruments.pools import PoolSnapshot
from tradewind.contracts.intents.model import Intent, IntentConstraints
from tradewind.contracts.intents.payloads import IntentAccepted, IntentSubmitted
from tradewind.contracts.risk.limits import RiskInputs
from tradewind.contracts.risk.payloads import RiskApproved, RiskScreened
from tradewind.contracts.subjects import EventKey
from tradewind.trading.pricing.pools.pool_view import PoolView
from tradewind.trading.pricing.pools.simulated_pools import SimulatedPools
from tradewind.trading.pricing.pools.snapshot_cache import SnapshotCache
from tradewind.trading.pricing.pools.snapshot_keys import snapshot_key
from tradewind.trading.pricing.swap.python_router import PythonRouter
from tradewind.trading.tokens import load_tokens

CHAIN = "ethereum"
REGISTRY = load_tokens()
MARKET = SimulatedPools(1, REGISTRY, CHAIN, block_ms=1_000)
BLOCK_NUMBER = 1_800_000_000
NOW = datetime.fromtimestamp(BLOCK_NUMBER, UTC)
WINDOW = timedelta(seconds=300)


def token(symbol: str) -> Any:
    """Return a registered token as an Asset."""
    registered = REGISTRY.by_symbol(CHAIN, symbol)
    assert registered is not None
    return registered.asset


WETH, USDC, DAI, WBTC, LINK = (token(name) for name in ("WETH", "USDC", "DAI", "WBTC", "LINK"))


def cache_of(snapshots: list[PoolSnapshot]) -> SnapshotCache:
    """Return a cache that has read these snapshots."""
    cache = SnapshotCache(PythonRouter())
    for snapshot in snapshots:
        cache.apply(snapshot_key(snapshot), snapshot.model_dump_json().encode())
    return cache


def market_view(*, without: Callable[[PoolSnapshot], bool] = lambda _: False) -> PoolView:
    """Return the simulated market at BLOCK_NUMBER, without the pools that `without` selects."""
    snapshots = [pool for pool in MARKET.snapshots(BLOCK_NUMBER) if not without(pool)]
    return PoolView(cache_of(snapshots), REGISTRY)


def intent(**changes: Any) -> Intent:
    """Return `acquire 1 WETH for USDC, 1 % slippage`, with changes."""
    values: dict[str, Any] = {
        "strategy_id": "demo",
        "intent_type": "acquire",
        "assets": (WETH, USDC),
        "amount": Decimal(1),
        "slippage": Decimal("0.01"),
    } | changes
    constraints = IntentConstraints(max_slippage=values.pop("slippage"), time_window=300)
    return Intent(constraints=constraints, **values)


def submitted(number: int = 1, at: datetime = NOW, **changes: Any) -> Event[IntentSubmitted]:
    """Return intent.submitted of the `number`th intent."""
    wanted = intent(**changes)
    portfolio = wanted.portfolio_id or wanted.strategy_id
    intent_id = make_ulid(int(at.timestamp() * 1_000), number.to_bytes(10))
    return first_event(
        IntentSubmitted(intent_id=intent_id, intent=wanted, expires_at=at + WINDOW),
        correlation_id=make_correlation_id(CorrelationKind.INTENT, intent_id),
        key=EventKey(instrument=wanted.instrument, portfolio=portfolio),
        producer="gateway",
        at=at,
    )


def screened(number: int = 1, **changes: Any) -> Event[RiskScreened]:
    """Return risk.screened as it would follow `submitted`, second in its history."""
    before = submitted(number, **changes)
    payload = RiskScreened(
        intent_id=before.payload.intent_id,
        intent=before.payload.intent,
        expires_at=before.payload.expires_at,
        notional_usd=Decimal(3_000),
        price_usd=Decimal(3_000),
        price_block_number=BLOCK_NUMBER,
        quote_price_usd=Decimal(1),
        max_notional_usd=Decimal(10_000),
        max_slippage_limit=Decimal("0.05"),
        priority=2,
        inputs=RiskInputs(market=None, limits=RISK_LIMITS),
    )
    return next_events(before, [payload], producer="risk", at=NOW)[0]


def approved(number: int = 1, **changes: Any) -> list[AnyEvent]:
    """Return risk.approved and intent.accepted as they would follow `screened`."""
    before = screened(number, **changes)
    found = before.payload
    verdict = RiskApproved(
        intent_id=found.intent_id,
        notional_usd=found.notional_usd,
        price_usd=found.price_usd,
        price_block_number=found.price_block_number,
        max_notional_usd=found.max_notional_usd,
        max_slippage_limit=found.max_slippage_limit,
    )
    payload = IntentAccepted(
        intent_id=found.intent_id,
        intent=found.intent,
        expires_at=found.expires_at,
        notional_usd=found.notional_usd,
        priority=found.priority,
    )
    return next_events(before, [verdict, payload], producer="portfolio", at=NOW)


def accepted(number: int = 1, **changes: Any) -> Event[IntentAccepted]:
    """Return intent.accepted as it would follow `screened`, fourth in its history."""
    return approved(number, **changes)[-1]
