"""A time machine in memory: documents are as they are now, whatever the place."""

from collections import Counter
from datetime import UTC, datetime

from gateway.ports import ReadModels
from gateway.records import Portfolios
from tests.support.histories import ONE_USDC, ONE_WETH, PRICE, USDC, WETH
from tradewind.contracts.risk.limits import PolicyReference
from tradewind.contracts.system.risk_limits import RiskLimitsApplied
from tradewind.contracts.system.trading_states import EVERYTHING, TradingState
from tradewind.timeline.historian import Counts
from tradewind.timeline.moments import AsOf, SequenceArchived, SequenceInFuture
from tradewind.timeline.states import AppliedThen
from tradewind.timeline.summary import HeldThen, MarketThen, OpenFlows, PriceThen, Summary
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.halts.records import KeptState
from tradewind.trading.portfolios.reader import Seen

LAST, OLDEST = 100, 10
INCARNATION = "20261120120000000000-0badcafe"
AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class MemoryTimeMachine:
    """A ledger of which the events from OLDEST to LAST are kept."""

    def __init__(self, read_models: ReadModels, portfolios: Portfolios) -> None:
        self._read_models = read_models
        self._portfolios = portfolios
        self.error: Exception | None = None

    async def at(self, wanted: int | datetime) -> AsOf:
        if self.error is not None:
            raise self.error
        sequence = LAST if isinstance(wanted, datetime) else wanted
        if sequence > LAST:
            raise SequenceInFuture(sequence, LAST)
        if sequence < OLDEST:
            raise SequenceArchived(sequence, OLDEST)
        return AsOf(sequence, AT, INCARNATION, LAST)

    async def summary(self, as_of: AsOf, seen: Seen) -> Summary:
        held = Holding(WETH, USDC, ONE_WETH, PRICE * ONE_USDC, 0, 1)
        halt = KeptState(
            EVERYTHING, TradingState.HALTED, 1, "drill", "operator", AT, None, False, True
        )
        applied = RiskLimitsApplied(policy=PolicyReference(version=1), applied_by="desk")
        return Summary(
            Counts(Counter({"intent.submitted": 12}), Counter({"risk:NOTIONAL_LIMIT": 2})),
            [OpenFlows("intent", "risk.screened", 1, 12, "intent-01M7WD7TG00000000000000001")],
            [HeldThen("demo", held, 13)] if seen.strategies is None else [],
            [PriceThen("ethereum-WETH-USDC", "3500", "1", 12, 1_763_600_000_000)],
            MarketThen(11, "instrument-" + "ab" * 32, AT),
            [halt],
            AppliedThen(9, AT, applied),
            False,
        )

    def read_models(self, as_of: AsOf) -> ReadModels:
        return self._read_models

    def portfolios(self, as_of: AsOf) -> Portfolios:
        return self._portfolios
