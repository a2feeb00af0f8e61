"""Read models as the ledger says them, one at a time."""

from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.documents import IntentDocument
from tradewind.contracts.plans.documents import PlanDocument
from tradewind.contracts.portfolio.documents import PositionsDocument
from tradewind.ledger.history.reader import LedgerReader
from tradewind.readmodels.cache import load_positions
from tradewind.readmodels.fold import Folded, fold
from tradewind.readmodels.positions import to_document


class RecordedReadModels:
    """Folds documents from the ledger. Raises TransientError while PostgreSQL is away."""

    def __init__(self, ledger: LedgerReader) -> None:
        self._ledger = ledger

    async def intent(self, intent_id: str) -> IntentDocument | None:
        """Return an intent, or None when the ledger has never heard of it."""
        return (await self._fold(make_correlation_id(CorrelationKind.INTENT, intent_id))).intent

    async def plan(self, plan_id: str) -> PlanDocument | None:
        """Return a plan, or None when the ledger has never heard of it."""
        correlation_id = await self._ledger.correlation_of_plan(plan_id)
        plan = (await self._fold(correlation_id)).plan if correlation_id else None
        return plan if plan is not None and plan.plan_id == plan_id else None

    async def positions(self, strategy_id: str) -> PositionsDocument | None:
        """Return what a strategy holds, or None when it never had a fill."""
        incarnation = (await self._ledger.position()).incarnation
        return to_document(await load_positions(self._ledger, strategy_id), incarnation)

    async def _fold(self, correlation_id: str) -> Folded:
        incarnation = (await self._ledger.position()).incarnation
        recorded = await self._ledger.histories([correlation_id])
        return fold((one.event for one in recorded[correlation_id]), incarnation)
