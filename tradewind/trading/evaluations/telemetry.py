"""Tells what questions to models cost, how long they took and how they ended."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import orjson
from pydantic import Field

from tradewind.contracts.decisions.model import DecisionStatus, ModelName, ModelRole
from tradewind.contracts.decisions.payloads import Vendor
from tradewind.contracts.ids import Ulid
from tradewind.contracts.wire import Document, Timestamp
from tradewind.postgres import Pool, outage_is_transient
from tradewind.trading.evaluations.queries import QUERIES
from tradewind.trading.signal_outcomes.scores import Score, read_scores
from tradewind.trading.signal_outcomes.shown import ShownMark, read_marks

_CALLS: Final = QUERIES["select_calls"]
_SUMMARY: Final = QUERIES["summarise_calls"]
_BUDGETS: Final = QUERIES["select_budgets_of_day"]
_RAW: Final = QUERIES["select_raw_answer"]


class ModelCall(Document):
    """One question to a model."""

    signal_id: Ulid
    model: ModelName
    attempt: int = Field(ge=1, le=2)
    role: ModelRole
    vendor: Vendor
    vendor_model: str | None = None
    prompt_version: str
    status: DecisionStatus | None = None
    """None while it is asked, or where its process was lost."""
    detail: str | None = None
    was_asked: bool | None = None
    """Whether anything was sent to the vendor; None where nobody can tell."""
    claimed_at: Timestamp
    answered_at: Timestamp | None = None
    latency_ms: int | None = None
    tokens_in: int | None = None
    tokens_cached: int | None = None
    tokens_out: int | None = None
    tokens_reasoning: int | None = None
    cost_microusd: int | None = None

    @property
    def name(self) -> str:
        """What sorts calls of one moment."""
        return f"{self.signal_id}~{self.model}~{self.attempt}"


class CallSummary(Document):
    """The questions to a model with one prompt, added up."""

    model: ModelName
    prompt_version: str
    vendor: Vendor
    vendor_model: str | None = None
    role: ModelRole
    calls: int = Field(ge=0)
    by_status: dict[str, int]
    """How many ended how; `unanswered` has no end yet."""
    error_share: float = Field(ge=0, le=1)
    """Of those that ended, how many gave no answer."""
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    tokens_in: int | None = None
    tokens_cached: int | None = None
    tokens_out: int | None = None
    tokens_reasoning: int | None = None
    cost_microusd: int | None = None
    last_at: Timestamp


class Budget(Document):
    """What a model may cost today, in UTC, and has cost. None is no limit."""

    model: ModelName
    calls: int
    spent_microusd: int
    reserved_microusd: int
    """For questions that are being asked."""
    max_calls: int | None = None
    max_microusd: int | None = None


class RawAnswer(Document):
    """What a model said, word for word."""

    text: str | None = None
    """Its first 16 KB; bytes that are no UTF-8 are replaced. None once it is forgotten."""
    sha256: str
    """Of all of it."""
    size_bytes: int
    vendor_request_id: str | None = None
    forgotten_at: Timestamp | None = None


class CallFilter(NamedTuple):
    """Which calls are asked for; None means any."""

    model: str | None = None
    status: str | None = None
    prompt_version: str | None = None
    signal_id: str | None = None
    since: datetime | None = None
    """Asked at or after this time."""


class ModelTelemetry:
    """Reads what was kept of questions. Its methods raise DatabaseUnavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def calls(
        self, before: tuple[datetime, str], limit: int, wanted: CallFilter
    ) -> Sequence[ModelCall]:
        """Return calls before a time and a name, newest first."""
        with outage_is_transient():
            rows = await self._pool.fetch(_CALLS, *before, *wanted, limit)
        return [_call(row) for row in rows]

    async def summary(self, since: datetime, model: str | None = None) -> Sequence[CallSummary]:
        """Return the calls since a time by model and prompt."""
        with outage_is_transient():
            rows = await self._pool.fetch(_SUMMARY, since, model)
        return [_summary(dict(row)) for row in rows]

    async def budgets(self, day: date) -> Sequence[Budget]:
        """Return the budgets of a day."""
        with outage_is_transient():
            rows = await self._pool.fetch(_BUDGETS, day)
        return [Budget(**row) for row in rows]

    async def scores(self) -> Sequence[Score]:
        """Return how well confidences fitted to what happened, by model, prompt and horizon."""
        return await read_scores(self._pool)

    async def marks(self, signal_id: str) -> Sequence[ShownMark]:
        """Return what the price became after a signal, at each horizon that was planned."""
        return await read_marks(self._pool, signal_id)

    async def raw_answer(self, signal_id: str, model: str) -> RawAnswer | None:
        """Return what a model said about a signal; None where it said nothing."""
        with outage_is_transient():
            row = await self._pool.fetchrow(_RAW, signal_id, model)
        if row is None:
            return None
        text = None if row["answer"] is None else bytes(row["answer"]).decode(errors="replace")
        return RawAnswer(
            text=text,
            sha256=bytes(row["answer_sha256"]).hex(),
            size_bytes=row["answer_bytes"],
            vendor_request_id=row["vendor_request_id"],
            forgotten_at=row["forgotten_at"],
        )


def _call(row: Mapping[str, Any]) -> ModelCall:
    return ModelCall.model_validate(dict(row), strict=False)


def _summary(row: Mapping[str, Any]) -> CallSummary:
    by_status: dict[str, int] = orjson.loads(row["by_status"])
    ended = sum(count for status, count in by_status.items() if status != "unanswered")
    failed = ended - by_status.get("ok", 0)
    told = {name: None if value is None else int(value) for name, value in _sums(row).items()}
    fields = {**row, **told, "by_status": by_status}
    return CallSummary.model_validate(
        fields | {"error_share": failed / ended if ended else 0.0}, strict=False
    )


def _sums(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: row[name] for name in row if name.startswith(("tokens_", "cost_"))}
