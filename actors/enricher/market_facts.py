"""What of an observation may be used at a time, and what is missing, stale or nonsense in it."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from actors.enricher.checks import Refused
from actors.enricher.reading import Reading
from tradewind.contracts.market.model import CANDLE_INTERVALS_SECONDS, OrderBook, PerpContext
from tradewind.contracts.signals.features import MAX_FLAGS, Quality
from tradewind.contracts.signals.payloads import EnrichmentLimits, SignalRejection
from tradewind.contracts.signals.profiles import BOOK, CONTEXT, frame_flag
from tradewind.trading.indicators.frames import at_ms
from tradewind.trading.indicators.order_book import BestPrices, best_prices

MAX_FUNDING_HOURLY: Final = Decimal("0.04")
"""The provider caps it there."""
MAX_FLAG_LENGTH: Final = 48
_NO_FLAG: Final = re.compile(r"[^a-z0-9_.]")


@dataclass(slots=True)
class Findings:
    """What is wrong with the data, by kind, in the order it was found."""

    missing: dict[str, None] = field(default_factory=dict)
    stale: dict[str, None] = field(default_factory=dict)
    out_of_range: dict[str, None] = field(default_factory=dict)
    gaps: dict[str, None] = field(default_factory=dict)
    provider_errors: dict[str, None] = field(default_factory=dict)

    def quality(self, left_out: tuple[str, ...] = ()) -> Quality:
        """Return it as features say it."""
        return Quality(
            missing=tuple(self.missing)[:MAX_FLAGS],
            stale=tuple(self.stale)[:MAX_FLAGS],
            out_of_range=tuple(self.out_of_range)[:MAX_FLAGS],
            gaps=tuple(self.gaps)[:MAX_FLAGS],
            provider_errors=tuple(self.provider_errors)[:MAX_FLAGS],
            left_out=left_out,
        )

    def check_required(self, required: tuple[str, ...]) -> None:
        """Refuse the signal where something it needs is missing, nonsense, or stale."""
        for name in required:
            if name in self.missing or name in self.out_of_range:
                raise Refused(SignalRejection.DATA_MISSING, f"{name}: there is nothing usable")
        for name in required:
            if name in self.stale:
                raise Refused(SignalRejection.DATA_STALE, f"{name}: too old")


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """The usable part of an observation. What is stale is there, except for the best prices."""

    best: BestPrices | None
    """None unless they are fresh and sane."""
    book: OrderBook | None
    """None unless it is fresh and sane."""
    context: PerpContext | None
    mid: Decimal | None
    """Of the book, or else of a fresh context."""
    book_at: datetime | None
    context_at: datetime | None
    is_delisted: bool
    """Whether a fresh book has nothing on both sides."""
    findings: Findings

    def price(self) -> Decimal:
        """Return the mid; Refused where there is none that may be used."""
        if self.is_delisted:
            raise Refused(SignalRejection.NOT_TRADED, "nobody bids and nobody asks")
        if self.mid is not None:
            return self.mid
        for name in (BOOK, CONTEXT):
            if name in self.findings.stale:
                raise Refused(SignalRejection.DATA_STALE, f"{name}: too old")
        raise Refused(SignalRejection.DATA_MISSING, "there is no price of the market")


def facts_of(reading: Reading, limits: EnrichmentLimits, now: datetime) -> MarketFacts:
    """Return what of a reading is usable now; candles by `is_frame_current`."""
    findings, observed = Findings(), reading.observed
    if observed is not None:
        findings.provider_errors |= dict.fromkeys(map(_flag, observed.provider_errors))
    book, book_at = _book(reading, findings, limits, now)
    best = None if book is None else best_prices(book)
    is_delisted = book is not None and not book.bids and not book.asks and best is None
    if book is not None and (best is None or not best.is_sane):
        findings.out_of_range[BOOK] = None
        book = best = None
    context = None if observed is None else observed.context
    usable, mid = None, None if best is None else best.mid
    if context is None:
        findings.missing[CONTEXT] = None
    else:
        is_fresh = now - context.observed_at <= timedelta(seconds=limits.max_context_age_seconds)
        if not is_fresh:
            findings.stale[CONTEXT] = None
        usable = _context(context.context, findings)
        other = context.context.mid_price
        if mid is None and is_fresh and other is not None and other > 0:
            mid = other
    return MarketFacts(
        best,
        book,
        usable,
        mid,
        book_at,
        None if context is None else context.observed_at,
        is_delisted,
        findings,
    )


def is_frame_current(
    interval: str, last_close_ms: int, limits: EnrichmentLimits, now: datetime, findings: Findings
) -> bool:
    """Flag candles that are too old; return False for one that is not closed yet, which is none."""
    closed_at = at_ms(last_close_ms)
    if closed_at > now:
        findings.out_of_range[frame_flag(interval)] = None
        return False
    seconds = limits.max_candle_age_intervals * CANDLE_INTERVALS_SECONDS[interval]
    if now - closed_at > timedelta(seconds=seconds):
        findings.stale[frame_flag(interval)] = None
    return True


def _book(
    reading: Reading, findings: Findings, limits: EnrichmentLimits, now: datetime
) -> tuple[OrderBook | None, datetime | None]:
    observed = None if reading.observed is None else reading.observed.book
    if observed is None:
        findings.missing[BOOK] = None
        return None, None
    # A feed that hangs shows in when it read; a provider that hangs in what it says itself.
    book_at = min(observed.observed_at, at_ms(observed.book.time_ms))
    if now - book_at > timedelta(seconds=limits.max_book_age_seconds):
        findings.stale[BOOK] = None
        return None, book_at
    return observed.book, book_at


def _context(context: PerpContext, findings: Findings) -> PerpContext | None:
    if context.mark_price <= 0 or context.oracle_price <= 0 or context.open_interest < 0:
        findings.out_of_range[CONTEXT] = None
        return None
    if abs(context.funding_hourly) > MAX_FUNDING_HOURLY:
        findings.out_of_range["funding_hourly"] = None
    return context


def _flag(text: str) -> str:
    return _NO_FLAG.sub("_", text.lower())[:MAX_FLAG_LENGTH] or "provider"
