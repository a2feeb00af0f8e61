"""Reads outcomes from the ledger: what models said, and what became of the signals."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple, Protocol

from pydantic import Field

from tradewind.contracts.decisions.model import Verdict
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import Document, Timestamp
from tradewind.postgres import outage_is_transient
from tradewind.trading.signal_outcomes.calibration import Calibration, calibration_of
from tradewind.trading.signal_outcomes.isotonic import (
    CalibrationTable,
    CalibrationTables,
    Outcome,
    knots_of,
)
from tradewind.trading.signal_outcomes.queries import QUERIES

PERCENT: Final = Decimal(100)
_OUTCOMES: Final = QUERIES["select_outcomes"]
_RETRO: Final = QUERIES["select_retro_outcomes"]
_TABLES: Final = QUERIES["select_tables"]
_KEEP: Final = QUERIES["keep_table"]
_NEXT: Final = QUERIES["next_version"]


class Rows(Protocol):
    """A pool or a connection."""

    async def fetch(self, query: str, *arguments: object) -> list[Any]: ...
    async def fetchval(self, query: str, *arguments: object) -> Any: ...
    async def execute(self, query: str, *arguments: object) -> Any: ...


class Asked(NamedTuple):
    """A model, a prompt, and how long after the decision it is judged."""

    model: str
    prompt_version: str
    horizon_seconds: int


class Score(Document):
    """The calibration of a model and a prompt at a horizon."""

    model: str
    prompt_version: str
    horizon_seconds: int
    last_at: Timestamp
    """When it was last asked."""
    calibration: Calibration
    table_version: int | None = Field(None, exclude_if=is_absent)
    """Of the table of calibrated confidences that counts, where there is one."""


class _Found(NamedTuple):
    outcomes: list[Outcome]
    last_at: datetime


async def read_outcomes(
    database: Rows, since: datetime | None = None
) -> dict[Asked, list[Outcome]]:
    """Return outcomes by model, prompt and horizon; DatabaseUnavailable."""
    found = await _find(database, since)
    return {asked: one.outcomes for asked, one in found.items()}


async def read_scores(
    database: Rows, since: datetime | None = None, *, retro: bool = False
) -> list[Score]:
    """Return scores by model, what was asked last first; DatabaseUnavailable.

    With `retro` they are of what models said later about signals of the past.
    """
    found = await _find(database, since, _RETRO if retro else _OUTCOMES)
    versions: dict[Asked, int] = {}
    for horizon in {asked.horizon_seconds for asked in found}:
        for table in (await read_tables(database, horizon)).tables:
            versions[Asked(table.model, table.prompt_version, horizon)] = table.version
    scores = [
        Score(
            **asked._asdict(),
            last_at=one.last_at,
            calibration=calibration_of(one.outcomes),
            table_version=versions.get(asked),
        )
        for asked, one in found.items()
    ]
    scores.sort(key=lambda one: (one.prompt_version, one.horizon_seconds))
    scores.sort(key=lambda one: one.last_at, reverse=True)
    return sorted(scores, key=lambda one: one.model)


def newest_scores(scores: Iterable[Score]) -> dict[tuple[str, int], Score]:
    """Return the score of each model's newest prompt, by model and horizon."""
    newest: dict[tuple[str, int], Score] = {}
    for score in scores:
        key = score.model, score.horizon_seconds
        if key not in newest or score.last_at > newest[key].last_at:
            newest[key] = score
    return newest


async def read_tables(database: Rows, horizon_seconds: int) -> CalibrationTables:
    """Return the tables in force for a horizon; DatabaseUnavailable."""
    with outage_is_transient():
        rows = await database.fetch(_TABLES, horizon_seconds)
    return tables_of(rows)


def tables_of(rows: Iterable[Mapping[str, Any]]) -> CalibrationTables:
    """Return the tables in rows."""
    return CalibrationTables(
        tables=tuple(CalibrationTable.model_validate_json(bytes(row["body"])) for row in rows)
    )


async def keep_tables(
    database: Rows, outcomes: Mapping[Asked, list[Outcome]], made_by: str
) -> list[CalibrationTable]:
    """Keep a new version for each model and prompt with enough outcomes; return those."""
    kept: list[CalibrationTable] = []
    for asked, found in sorted(outcomes.items()):
        knots = knots_of(found)
        if knots is None:
            continue
        with outage_is_transient():
            table = CalibrationTable(
                **asked._asdict(),
                version=await database.fetchval(_NEXT, *asked[:2], asked.horizon_seconds),
                outcomes=sum(one.times for one in found),
                knots=knots,
            )
            body = table.model_dump_json().encode()
            await database.execute(_KEEP, *asked, table.version, table.outcomes, body, made_by)
        kept.append(table)
    return kept


async def _find(
    database: Rows, since: datetime | None, query: str = _OUTCOMES
) -> dict[Asked, _Found]:
    with outage_is_transient():
        rows = await database.fetch(query, since)
    found: dict[Asked, list[Outcome]] = defaultdict(list)
    last: dict[Asked, datetime] = {}
    for row in rows:
        asked = Asked(row["model"], row["prompt_version"], row["horizon_seconds"])
        probability = probability_of(Verdict(row["decision"]), row["confidence_pct"])
        found[asked].append(Outcome(probability, row["followed_paid"], row["outcomes"]))
        last[asked] = max(last.get(asked, row["last_at"]), row["last_at"])
    return {asked: _Found(sorted(one), last[asked]) for asked, one in found.items()}


def probability_of(verdict: Verdict, confidence_pct: int) -> Decimal:
    """Return how likely an answer holds it that following pays, 0 to 1."""
    confidence = Decimal(confidence_pct) / PERCENT
    return confidence if verdict.follows else 1 - confidence
