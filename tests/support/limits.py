"""The limits of the product's default settings, as the roles take them."""

from decimal import Decimal

from actors.venues.simulated import SimulationSettings
from tradewind.contracts.plans.limits import PlanLimits
from tradewind.contracts.risk.limits import RiskLimits

RISK_LIMITS = RiskLimits(
    max_notional_usd=Decimal(10_000), max_slippage=Decimal("0.05"), price_max_age_seconds=300
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
)
SIMULATION = SimulationSettings(
    seed=1,
    partial_fill_probability=Decimal(0),
    failure_probability=Decimal(0),
    timeout_probability=Decimal(0),
    latency_ms=20,
)
