"""Two read models of nobody's, one of each kind of history, declared as the product's are."""

from decimal import Decimal
from typing import Final, NamedTuple

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import ULID_PATTERN, CorrelationKind, Ulid
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.subjects import KEY_TOKEN
from tradewind.contracts.wire import DecimalString, Document
from tradewind.ledger.history.group_key import GroupKey
from tradewind.readmodels.folds import CorrelationFold, GroupFold
from tradewind.readmodels.read_model import Index, ReadModel, ReadModelDocument
from tradewind.readmodels.registry import READ_MODELS, ReadModelRegistry


class Mover(Document):
    """Who wrote an event."""

    producer: str


class DossierDocument(ReadModelDocument):
    """`dossier:{intent_id}`: how long the history of an intent is, and who wrote it last."""

    last_topic: str
    intent_id: Ulid
    last_mover: Mover


class DossierState(NamedTuple):
    incarnation: str
    version: int = 0
    documents: tuple[DossierDocument, ...] = ()


def evolve_dossier(state: DossierState, event: AnyEvent) -> DossierState:
    document = DossierDocument(
        incarnation=state.incarnation,
        version=event.sequence,
        last_topic=event.topic.replace(".", "-"),
        intent_id=event.payload.intent_id,
        last_mover=Mover(producer=event.producer),
    )
    return DossierState(state.incarnation, event.sequence, (document,))


DOSSIER: Final = ReadModel(
    prefix="dossier:",
    document=DossierDocument,
    identifier="intent_id",
    pattern=ULID_PATTERN,
    index=Index("dossiers:", ("last_topic", "last_mover.producer")),
)
DOSSIERS: Final = CorrelationFold(
    read_models=(DOSSIER,),
    kind=CorrelationKind.INTENT,
    opened_by=IntentSubmitted,
    begin=DossierState,
    evolve=evolve_dossier,
    documents=lambda state: state.documents,
)


class ApprovalsDocument(ReadModelDocument):
    """`approvals:{portfolio}`: what risk let through, as a number and a sum."""

    size: str
    portfolio: str
    approvals: int
    notional_usd: DecimalString


class Approvals(NamedTuple):
    portfolio: str
    version: int = 0
    approvals: int = 0
    notional_usd: Decimal = Decimal(0)


def evolve_approvals(state: Approvals, event: AnyEvent, global_seq: int) -> Approvals:
    if global_seq <= state.version:
        return state
    notional_usd = state.notional_usd + event.payload.notional_usd
    return Approvals(state.portfolio, global_seq, state.approvals + 1, notional_usd)


def approvals_documents(state: Approvals, incarnation: str) -> list[ReadModelDocument]:
    if not state.version:
        return []
    return [
        ApprovalsDocument(
            incarnation=incarnation,
            version=state.version,
            size="many" if state.approvals > 1 else "one",
            portfolio=state.portfolio,
            approvals=state.approvals,
            notional_usd=state.notional_usd,
        )
    ]


APPROVALS: Final = ReadModel(
    prefix="approvals:",
    document=ApprovalsDocument,
    identifier="portfolio",
    pattern=KEY_TOKEN,
    index=Index("by_size:", ("size",)),
    may_outgrow_schema=True,
)
APPROVALS_BY_PORTFOLIO: Final = GroupFold(
    read_models=(APPROVALS,),
    by=GroupKey.PORTFOLIO,
    payloads=(RiskApproved,),
    begin=Approvals,
    evolve=evolve_approvals,
    documents=approvals_documents,
)

REGISTRY: Final = ReadModelRegistry(*READ_MODELS.folds, DOSSIERS, APPROVALS_BY_PORTFOLIO)
