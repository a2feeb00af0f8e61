"""What recorded events say of each intent's claim, folded without code of the platform."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any, Final, NamedTuple

from tests.chaos.administrator import Row

ENDS: Final = {
    "exec.completed": "used",
    "exec.failed": "released",
    "plan.rejected": "released",
    "intent.cancelled": "released",
    "intent.expired": "expired",
    "risk.rejected": "rejected",
}
"""What becomes of a claim, by the end of its intent."""
PORTFOLIO: Final = "portfolio"
"""Who decides in the second stage."""
USD_STEP: Final = Decimal("0.000001")


class Decision(NamedTuple):
    """A decision of the portfolio stage, and the book it says it was made on."""

    global_seq: int
    event_id: str
    is_approval: bool
    version: int
    as_of: int
    day: str | None
    open_intents: int
    day_notional_usd: Decimal
    is_funded: bool
    limits: dict[str, Any]


class Fill(NamedTuple):
    """A recorded fill in base units."""

    global_seq: int
    amount_in: int
    amount_out: int


@dataclass
class Flow:
    """One intent that came to the portfolio stage."""

    intent_id: str
    portfolio_id: str
    instrument: str
    strategy_id: str
    side: str
    base: dict[str, Any]
    quote: dict[str, Any]
    notional_usd: Decimal
    claim_amount: int
    decision: Decision | None = None
    signs: set[str] = field(default_factory=set)
    """Its plan, and the hash of its order at the simulated venue."""
    fills: list[Fill] = field(default_factory=list)
    end_seq: int | None = None
    end: str = ""

    @property
    def is_approved(self) -> bool:
        """Whether the portfolio stage let it go on."""
        return self.decision is not None and self.decision.is_approval

    @property
    def used_amount(self) -> int:
        """What was paid."""
        return sum(fill.amount_in for fill in self.fills)

    def is_open_at(self, global_seq: int) -> bool:
        """Return whether its claim is still open after this place of the ledger."""
        return self.end_seq is None or self.end_seq > global_seq

    def budget_usd(self, global_seq: int) -> Decimal:
        """Return what it takes of its day's budget after this place of the ledger."""
        used, claimed = self.used_amount, self.claim_amount
        if self.is_open_at(global_seq) or self.end == "exec.completed":
            return self.notional_usd
        if not used:
            return Decimal(0)
        if used >= claimed:
            return self.notional_usd
        part = self.notional_usd * used / claimed
        return min(self.notional_usd, part.quantize(USD_STEP, ROUND_CEILING))


def fold_flows(events: Iterable[Row]) -> dict[str, Flow]:
    """Return the intents that were screened, by correlation, from events in the ledger's order."""
    flows: dict[str, Flow] = {}
    for row in events:
        if row["topic"] == "risk.screened":
            flows[row["correlation_id"]] = _screened(row)
        elif row["correlation_id"] in flows:
            _follow(flows[row["correlation_id"]], row)
    return flows


def _screened(row: Row) -> Flow:
    payload = row["payload"]
    intent = payload["intent"]
    base, quote = intent["assets"]
    units = int(Decimal(intent["amount"]).scaleb(base["decimals"]))
    most = payload.get("maxAmountIn")
    return Flow(
        intent_id=payload["intentId"],
        portfolio_id=row["portfolio"],
        instrument=row["instrument"],
        strategy_id=intent["strategy_id"],
        side=intent["intent_type"],
        base=base,
        quote=quote,
        notional_usd=Decimal(payload["notionalUsd"]),
        claim_amount=units if most is None else int(most),
    )


def _follow(flow: Flow, row: Row) -> None:
    topic, payload = row["topic"], row["payload"]
    if topic in ("risk.approved", "risk.rejected") and row["producer"] == PORTFOLIO:
        flow.decision = _decision(row)
    if topic == "exec.step_filled":
        amounts = int(payload["amountIn"]), int(payload["amountOut"])
        flow.fills.append(Fill(row["global_seq"], *amounts))
    if topic == "plan.created":
        flow.signs.add(payload["planId"])
    if topic == "exec.step_submitted":
        flow.signs.add(payload["txHash"])
    if topic in ENDS:
        flow.end_seq, flow.end = row["global_seq"], topic


def _decision(row: Row) -> Decision:
    inputs = row["payload"].get("inputs") or {}
    book = inputs.get("book") or {}
    return Decision(
        global_seq=row["global_seq"],
        event_id=row["event_id"],
        is_approval=row["topic"] == "risk.approved",
        version=int(book.get("version", -1)),
        as_of=int(book.get("as_of", -1)),
        day=book.get("day"),
        open_intents=int(book.get("open_intents", 0)),
        day_notional_usd=Decimal(book.get("day_notional_usd", "0")),
        is_funded=bool(book.get("funded", False)),
        limits=inputs.get("limits", {}),
    )
