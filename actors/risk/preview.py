"""What risk would say of an intent that nobody submitted: decided as any other, kept nowhere."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial

from actors.risk import ports as role_ports
from actors.risk.decide import decide
from actors.risk.ports import RiskPorts
from actors.risk.screening import Prices, notional_usd
from actors.risk.settings import RiskRoleSettings
from tradewind.contracts.envelope import parse_event
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.intents.preview import RiskAnswer, RiskPreview, seconds
from tradewind.contracts.risk.limits import RiskInputs, RiskLimits
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.contracts.streams import RISK_PREVIEWS
from tradewind.runtime import NatsConnection
from tradewind.runtime.queries import TooLate, answering
from tradewind.trading.pricing.pools.price_quote import PriceQuote


@asynccontextmanager
async def open_ports(
    settings: RiskRoleSettings, connection: NatsConnection
) -> AsyncIterator[RiskPorts]:
    """Open the ports of the role, and answer who asks for a preview while it runs."""
    async with (
        role_ports.open_ports(settings, connection) as ports,
        answering(connection, RISK_PREVIEWS, partial(answer, ports=ports)),
    ):
        yield ports


async def answer(question: bytes, ports: RiskPorts) -> bytes:
    """Return the RiskAnswer to an `intent.submitted`, as JSON."""
    return (await preview(question, ports)).model_dump_json().encode()


async def preview(question: bytes, ports: RiskPorts) -> RiskAnswer:
    """Return the verdict on an `intent.submitted` at the present prices."""
    event, policy = parse_event(question), await ports.read_policy()
    submitted, limits, now = event.payload, ports.limits, ports.now()
    assert isinstance(submitted, IntentSubmitted)
    base, quote = submitted.intent.assets
    market, believed = ports.market, limits.price_limits
    prices = Prices(market.price_usd(base, believed), market.price_usd(quote, believed))
    terms = ports.terms_of(submitted.intent.instrument)
    (decided,) = decide(event, prices, limits, now, policy=policy, terms=terms)
    said = decided.payload
    if not isinstance(said, RiskScreened | RiskRejected) or not isinstance(said.inputs, RiskInputs):
        raise TooLate("the time window closed before risk looked at it")
    told = _prices(submitted.intent, prices, said.inputs.limits, now).model_copy(
        update={"checks": said.checks or ()}
    )
    if isinstance(said, RiskRejected):
        refused = {"reason": said.reason, "detail": said.detail}
        return RiskAnswer(preview=told.model_copy(update=refused))
    return RiskAnswer(
        preview=told.model_copy(update={"verdict": "approved"}),
        screened=decided.to_bytes().decode(),
    )


def _prices(intent: Intent, prices: Prices, limits: RiskLimits, now: datetime) -> RiskPreview:
    """Return the numbers that are compared, without a verdict other than the worst."""
    price = prices.fresh(now, limits.price_max_age_seconds).base
    told = RiskPreview(
        verdict="rejected",
        max_notional_usd=limits.max_notional_usd,
        max_slippage=limits.max_slippage,
    )
    if not isinstance(price, PriceQuote):
        return told
    return told.model_copy(
        update={
            "notional_usd": notional_usd(intent, price.price_usd),
            "price_usd": price.price_usd,
            "price_block_number": price.block_number,
            "price_age_seconds": seconds(now - price.block_time),
        }
    )
