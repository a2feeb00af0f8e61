"""Every rule of the instrument stage below, at and above its limit."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from actors.risk.decide import decide
from actors.risk.rules import RULES
from actors.risk.screening import Prices
from tests.support.factories import NOW, submitted
from tests.support.limits import RISK_LIMITS
from tests.support.policies import INSTRUMENT, policy
from tradewind.contracts.instruments.registry import InstrumentStatus, InstrumentTerms
from tradewind.contracts.intents.model import SuccessCriterion
from tradewind.contracts.risk.limits import PolicyReference, RiskInputs
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.trading.instruments.declared import UNBOUND
from tradewind.trading.policy.risk_policy import RiskPolicy, with_recorded_policy
from tradewind.trading.policy.store import NO_POLICY, AppliedPolicy
from tradewind.trading.pricing.pools.price_quote import NoPrice, PriceQuote

BASE = PriceQuote(Decimal(2_000), 17, NOW, moved_ticks=0)
QUOTE = PriceQuote(Decimal(1), 17, NOW, moved_ticks=0)
REFERENCE = PolicyReference(version=3, content="ab" * 32)


def decided(
    limits: str = "",
    *,
    base: PriceQuote | NoPrice = BASE,
    quote: PriceQuote | NoPrice = QUOTE,
    terms: InstrumentTerms | None = UNBOUND,
    **changes: Any,
) -> RiskScreened | RiskRejected:
    """Return the verdict under limits of the pair, written in YAML as the members of a mapping."""
    named = policy(f"instruments: {{{INSTRUMENT}: {{{limits}}}}}") if limits else RiskPolicy()
    event = submitted(**changes)
    applied = AppliedPolicy(REFERENCE, named)
    (follow,) = decide(event, Prices(base, quote), RISK_LIMITS, NOW, None, applied, terms)
    assert isinstance(follow.payload, RiskScreened | RiskRejected)
    return follow.payload


def seconds_old(seconds: float) -> PriceQuote:
    return BASE._replace(block_time=NOW - timedelta(seconds=seconds))


CASES = [
    ("min_order_amount: 1", {}, {"amount": Decimal("0.999")}, "ORDER_SIZE_MINIMUM",
     "amount 0.999 WETH is below 1 WETH"),
    ("max_order_amount: 1", {}, {"amount": Decimal("1.001")}, "ORDER_SIZE_LIMIT",
     "amount 1.001 WETH exceeds 1 WETH"),
    ("lot_amount: 0.25", {"amount": Decimal("0.75")}, {"amount": Decimal("0.76")}, "LOT_SIZE",
     "amount 0.76 WETH is no multiple of 0.25 WETH"),
    ("min_notional_usd: 2000", {}, {"amount": Decimal("0.9999999995")}, "NOTIONAL_MINIMUM",
     "notional 1999.999999 USD is below 2000 USD"),
    ("max_notional_usd: 2000", {}, {"amount": Decimal("1.0000000001")}, "NOTIONAL_LIMIT",
     "notional 2000.000001 USD exceeds 2000 USD"),
    ("max_slippage_bps: 100", {}, {"slippage": Decimal("0.0101")}, "SLIPPAGE_LIMIT",
     "max_slippage 0.0101 exceeds 0.01"),
    ("max_price_age_seconds: 30", {"base": seconds_old(30)}, {"base": seconds_old(30.001)},
     "MARKET_STALE", "the age of a pool's state 31 s exceeds 30 s"),
    ("max_price_age_seconds: 30", {"quote": seconds_old(-30)}, {"quote": seconds_old(-31)},
     "MARKET_STALE", "the age of a pool's state 31 s exceeds 30 s"),
    ("price_collar_bps: 105", {"base": BASE._replace(moved_ticks=104)},
     {"base": BASE._replace(moved_ticks=105)}, "PRICE_COLLAR",
     "the distance from the price of the last minutes 105.55 bps exceeds 105 bps"),
    ("price_collar_bps: 105", {}, {"quote": QUOTE._replace(moved_ticks=None)}, "PRICE_COLLAR",
     "the distance from the price of the last minutes is not known, and a limit needs it: 105 bps"),
]  # fmt: skip


@pytest.mark.parametrize(("limits", "within", "beyond", "code", "detail"), CASES)
def test_a_policy_limits_an_order_inclusively(
    limits: str, within: dict[str, Any], beyond: dict[str, Any], code: str, detail: str
) -> None:
    approved = decided(limits, **within)
    assert isinstance(approved, RiskScreened), approved
    (check,) = [one for one in approved.checks if one.rule == code]
    assert check.passed
    rejected = decided(limits, **beyond)
    assert isinstance(rejected, RiskRejected)
    assert rejected.reason == code
    assert rejected.detail == f"{detail} (instrument {INSTRUMENT})"
    (failed,) = [one for one in rejected.checks or () if not one.passed]
    assert (failed.rule, failed.scope) == (code, f"instrument {INSTRUMENT}")
    assert isinstance(decided("", **beyond), RiskScreened)


@pytest.mark.parametrize(
    "limits", ["lot_amount: 0.25", "min_order_amount: 1", "min_notional_usd: 2000"]
)
def test_whether_a_sale_is_of_all_that_is_left_is_for_the_portfolio_to_say(limits: str) -> None:
    amount = Decimal("0.3")
    assert isinstance(decided(limits, amount=amount), RiskRejected)
    sale = decided(limits, amount=amount, intent_type="dispose")
    assert isinstance(sale, RiskScreened)
    assert all(one.passed for one in sale.checks or ())


@pytest.mark.parametrize(
    ("prices", "odd"),
    [
        ((), None),
        (("2000", "1999.5"), None),
        (("2000.25",), "2000.25"),
        (("2000", "1999.75", "0.1"), "1999.75"),
    ],
    ids=["none", "on ticks", "between", "one of three"],
)
def test_a_price_that_an_intent_names_is_on_a_tick(
    prices: tuple[str, ...], odd: str | None
) -> None:
    """Given amounts and times beside it, which have no tick, then only prices are looked at."""
    criteria = tuple(
        SuccessCriterion.model_validate(
            {"metric": metric, "comparison": "at_most", "threshold": threshold}
        )
        for metric, threshold in (
            *(("price", one) for one in prices),
            ("amount_out", "0.3"),
            ("duration_seconds", "0.7"),
        )
    )
    terms = InstrumentTerms(version=2, tick=Decimal("0.5"))
    said = decided(terms=terms, success_criteria=criteria)
    rules = [one.rule for one in said.checks or ()]
    assert ("TICK_SIZE" in rules) == bool(prices)
    if odd is None:
        assert isinstance(said, RiskScreened)
        return
    assert isinstance(said, RiskRejected)
    assert said.reason == "TICK_SIZE"
    assert said.detail == (f"price {odd} USDC is no multiple of 0.5 USDC (instrument registry)")
    assert isinstance(decided(success_criteria=criteria), RiskScreened)


def test_every_rule_that_failed_is_reported_and_the_first_is_the_reason() -> None:
    limits = "max_order_amount: 0.5, lot_amount: 0.3, max_notional_usd: 100, max_slippage_bps: 1"
    rejected = decided(limits, base=seconds_old(60), quote=NoPrice("pools disagree"))
    assert isinstance(rejected, RiskRejected)
    failed = [one.rule for one in rejected.checks or () if not one.passed]
    assert failed == [
        *("ORDER_SIZE_LIMIT", "LOT_SIZE", "NOTIONAL_LIMIT", "SLIPPAGE_LIMIT", "PRICE_UNAVAILABLE"),
    ]
    assert isinstance(rejected.inputs, RiskInputs)
    assert (rejected.reason, rejected.inputs.policy) == ("ORDER_SIZE_LIMIT", REFERENCE)


@pytest.mark.parametrize(
    ("status", "side", "reason"),
    [
        (InstrumentStatus.DISABLED, "acquire", "INSTRUMENT_DISABLED"),
        (InstrumentStatus.DISABLED, "dispose", "INSTRUMENT_DISABLED"),
        (InstrumentStatus.REDUCE_ONLY, "acquire", "INSTRUMENT_REDUCE_ONLY"),
        (InstrumentStatus.REDUCE_ONLY, "dispose", None),
        (InstrumentStatus.ENABLED, "acquire", None),
    ],
)
def test_the_registry_says_what_may_be_traded(
    status: InstrumentStatus, side: str, reason: str | None
) -> None:
    said = decided(terms=InstrumentTerms(version=2, status=status), intent_type=side)
    assert (said.reason if isinstance(said, RiskRejected) else None) == reason
    assert isinstance(said.inputs, RiskInputs)
    assert said.inputs.instrument is not None
    assert said.inputs.instrument.version == 2


def test_a_pair_that_the_registry_does_not_know_is_refused() -> None:
    said = decided(terms=None)
    assert isinstance(said, RiskRejected)
    assert (said.reason, said.detail) == (
        "INSTRUMENT_UNKNOWN",
        f"{INSTRUMENT} is no instrument of the registry",
    )


def test_bounds_of_the_registry_limit_beside_the_policy() -> None:
    terms = InstrumentTerms(max_amount=Decimal(2), lot=Decimal("0.2"), max_slippage_bps=50)
    limits = RiskPolicy().order_limits("demo", submitted().payload.intent, RISK_LIMITS, terms)
    assert (limits.max_order_amount, limits.max_slippage) == (Decimal(2), Decimal("0.005"))
    both = policy(f"instruments: {{{INSTRUMENT}: {{max_order_amount: 1, lot_amount: 0.5}}}}")
    limits = both.order_limits("demo", submitted().payload.intent, RISK_LIMITS, terms)
    assert (limits.max_order_amount, limits.lot_amount) == (Decimal(1), Decimal(1))
    assert limits.scope_of("max_order_amount") == f"instrument {INSTRUMENT}"
    assert limits.scope_of("lot_amount") == f"instrument {INSTRUMENT} and instrument registry"
    assert limits.scope_of("max_slippage") == "instrument registry"


def test_settings_stay_the_outermost_limits() -> None:
    loose = policy("defaults: {max_notional_usd: 1000000, max_slippage_bps: 10000}")
    assert loose.order_limits("demo", submitted().payload.intent, RISK_LIMITS) is RISK_LIMITS


def test_without_a_policy_limits_keep_their_bytes() -> None:
    event = submitted()
    (follow,) = decide(event, Prices(BASE, QUOTE), RISK_LIMITS, NOW)
    inputs = follow.payload.inputs
    assert inputs.limits.model_dump_json() == RISK_LIMITS.model_dump_json()
    assert inputs.policy == NO_POLICY.reference
    assert [check.rule for check in follow.payload.checks] == [
        "NOTIONAL_LIMIT",
        "SLIPPAGE_LIMIT",
        "PRICE_UNAVAILABLE",
    ]


def test_a_decision_is_repeated_from_the_limits_that_were_recorded_with_it() -> None:
    terms = InstrumentTerms(max_amount=Decimal(2), status=InstrumentStatus.REDUCE_ONLY)
    for limits in ("max_notional_usd: 100, lot_amount: 0.7", "min_order_amount: 3"):
        said = decided(limits, terms=terms)
        recorded = type(said).model_validate_json(said.model_dump_json()).inputs
        assert isinstance(recorded, RiskInputs)
        again = decide(submitted(), Prices(BASE, QUOTE), recorded.limits, NOW)[0].payload
        assert again.model_dump(exclude={"inputs"}) == said.model_dump(exclude={"inputs"})


def test_with_other_settings_a_decision_keeps_its_policy() -> None:
    intent = submitted().payload.intent
    named = policy("defaults: {max_notional_usd: 5000, max_price_age_seconds: 30}")
    terms = InstrumentTerms(max_slippage_bps=100, status=InstrumentStatus.REDUCE_ONLY)
    recorded = named.order_limits("demo", intent, RISK_LIMITS, terms)
    assert with_recorded_policy(RISK_LIMITS, recorded) == recorded
    tighter = RISK_LIMITS.model_copy(update={"max_notional_usd": Decimal(4_000)})
    found = with_recorded_policy(tighter, recorded)
    assert (found.max_notional_usd, found.max_slippage) == (Decimal(4_000), Decimal("0.01"))
    assert (found.max_price_age_seconds, found.instrument_status) == (30, "reduce_only")
    assert found.scope_of("max_notional_usd") == "settings"
    assert with_recorded_policy(tighter, RISK_LIMITS) is tighter


def test_every_rule_is_in_the_table_once() -> None:
    assert len(set(RULES)) == len(RULES)
