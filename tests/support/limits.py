"""The limits of the product's default settings, as the roles take them."""

from decimal import Decimal

from actors.venues.simulated import SimulationSettings
from tradewind.contracts.instruments.prices import PriceLimits
from tradewind.contracts.plans.limits import PlanLimits
from tradewind.contracts.risk.limits import RiskLimits

PRICE_LIMITS = PriceLimits(
    min_pool_depth_usd=Decimal(10_000),
    max_disagreement=Decimal("0.05"),
    max_move=Decimal("0.1"),
)
RISK_LIMITS = RiskLimits(
    max_notional_usd=Decimal(10_000),
    max_slippage=Decimal("0.05"),
    price_max_age_seconds=300,
    max_price_impact=Decimal("0.05"),
    price_limits=PRICE_LIMITS,
)
PLAN_LIMITS = PlanLimits(
    venue="simulated",
    paper_strategies=(),
    pool_max_age_seconds=60,
    gas_price_wei=1_000_000_000,
    duration_ms=12_000,
    paper_duration_ms=20,
    max_notional_usd=Decimal(10_000),
    max_slippage=Decimal("0.05"),
    price_limits=PRICE_LIMITS,
)
SIMULATION = SimulationSettings(
    seed=1,
    partial_fill_probability=Decimal(0),
    failure_probability=Decimal(0),
    timeout_probability=Decimal(0),
    latency_ms=20,
)
