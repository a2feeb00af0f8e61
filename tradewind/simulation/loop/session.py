"""Trades the orders of a slice over candles, and notes what each changed."""

import hashlib
from collections.abc import Sequence
from typing import Final

from tradewind.contracts.backtests.model import Manifest
from tradewind.contracts.backtests.results import Outcome
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.simulation.batches.columns import Trades
from tradewind.simulation.batches.offered import trader_of
from tradewind.simulation.batches.trading import Sides, Trader
from tradewind.simulation.inputs import CLOSE, DISPOSE, RunInputs
from tradewind.simulation.loop.arrivals import Arrival, Arrivals, Wanted
from tradewind.simulation.loop.changes import Change, ChangePart, Changes, ListedChanges
from tradewind.simulation.loop.marking import Marks
from tradewind.simulation.loop.moments import CandleMoments
from tradewind.simulation.loop.order_sizes import SizeOf
from tradewind.simulation.loop.persistence import UNSHIFTED, OwnImpact
from tradewind.simulation.loop.portfolio_state import Portfolio
from tradewind.simulation.loop.terms import terms_of
from tradewind.simulation.loop.timeline import Timeline
from tradewind.simulation.records import Pair, TradeRecord, new
from tradewind.simulation.slices import Slice
from tradewind.simulation.trading.desk import ALL, Desk, Order

NO_NEXT_BAR: Final = "NO_NEXT_BAR"
"""The history ended before an order could arrive."""
NO_MARKET: Final = str(RiskRejectionReason.PRICE_UNAVAILABLE)
LINES_AT_ONCE: Final = 1_024
"""How many trades are hashed in one go."""
WORTH_A_CALL: Final = 16
"""Where the extension traded fewer, more orders are left to the desk before it is asked again."""
MOST_LEFT: Final = 512


class Session:
    """Trades the orders of a slice."""

    def __init__(
        self,
        manifest: Manifest,
        inputs: RunInputs,
        pairs: Sequence[Pair],
        portfolio: Portfolio,
        timeline: Timeline,
        moments: CandleMoments,
    ) -> None:
        run = manifest.run
        self._manifest = manifest
        self._inputs = inputs
        self._moments = moments
        self._terms = terms_of(manifest, pairs, portfolio.totals)
        self._desk = Desk(self._terms, portfolio.book, portfolio.totals)
        self._wanted: Sequence[Wanted] = ()
        self._orders: list[Order | None] = []
        self._size_of = SizeOf(run.sizing, pairs)
        self._impact = OwnImpact(run.execution, portfolio.totals)
        limit = run.limits.max_drawdown
        self._marks = None if limit is None else Marks(timeline, pairs, portfolio)
        self._keeps = run.record != "summary"
        self._hash = hashlib.sha256()
        self._listed: list[Change] = []
        self._changed: list[ChangePart] = []
        self._records: list[TradeRecord] = []
        self._kept: list[Sequence[TradeRecord]] = []
        self.trades_by_day: dict[int, int] = {}

    @property
    def trades(self) -> Trades:
        """What was traded, where the run keeps it."""
        return Trades(self._kept)

    @property
    def changes(self) -> Changes:
        """What the trades changed."""
        return Changes(self._changed)

    def trade(self, arrivals: Arrivals, piece: Slice) -> None:
        """Trade orders in turn."""
        self._wanted, self._orders = arrivals.wanted, [None] * len(arrivals.wanted)
        self._note(piece.first_bar)
        if arrivals.never:
            self._desk.totals.refuse(NO_NEXT_BAR, arrivals.never)
        trader = self._trader(arrivals)
        place, count = 0, len(arrivals)
        left = count if trader is None else 1
        while place < count:
            if trader is not None:
                begun, place = place, self._batch(trader, place)
                left = 1 if place - begun >= WORTH_A_CALL else min(2 * left, MOST_LEFT)
            self._one_by_one(arrivals.between(place, place + left))
            place += left
        self._flush()
        self._desk.remember()

    def lines(self) -> bytes:
        """Return the hash over all trades of the slice, kept or not."""
        return self._hash.digest()

    def _trader(self, arrivals: Arrivals) -> Trader | None:
        """Return what trades in the extension; None where it cannot trade this run."""

        if self._impact.lasts or self._marks is not None or not len(arrivals):
            return None
        sides = Sides(self._terms, self._desk.book, self._desk.totals)
        meeting = self._moments, arrivals
        return trader_of(self._manifest.run, self._inputs, sides, meeting, self._order)

    def _batch(self, trader: Trader, place: int) -> int:
        """Trade from an arrival on in the extension; return the one that it left."""
        self._flush()
        found = trader.trade(place)
        if found is None or not len(found.batch):
            return place if found is None else found.next
        self._hash.update(found.lines)
        self._changed.append(found.batch)
        if self._keeps:
            self._kept.append(found.batch)
        for day, trades in found.days.items():
            self.trades_by_day[day] = self.trades_by_day.get(day, 0) + trades
        return found.next

    def _one_by_one(self, arrivals: Sequence[Arrival]) -> None:
        days, lines = self.trades_by_day, []
        for arrival in arrivals:
            record = self._trade(arrival)
            if record is None:
                continue
            days[arrival.day] = days.get(arrival.day, 0) + 1
            lines.append(record.line)
            if self._keeps:
                self._records.append(record)
            if record.outcome is not Outcome.REFUSED:
                self._note(arrival.step)
            if len(lines) == LINES_AT_ONCE:
                self._hash.update("".join(lines).encode())
                lines.clear()
        self._hash.update("".join(lines).encode())

    def _flush(self) -> None:
        """Begin new lists after those of the trades one by one."""
        if self._listed:
            self._changed.append(ListedChanges(self._listed))
        self._kept.append(self._records)
        self._listed, self._records = [], []

    def _trade(self, arrival: Arrival) -> TradeRecord | None:
        index, met = arrival.instrument, arrival.met
        arrival_row = arrival.row + self._moments.bars_later
        impact, shifts = self._impact, UNSHIFTED
        if impact.lasts:
            shifts = impact.at(index, arrival.row + 1, arrival_row)
        order = self._orders[arrival.wanted] or self._order(arrival.wanted)
        moment = self._moments.at(index, met, shifts)
        if moment is None:
            self._desk.totals.refuse(NO_MARKET)
            return None
        if self._marks is not None:
            moment.drawdown = self._marks.drawdown(moment.decided_ms)
        record = self._desk.trade(order, moment)
        moment.decision.release()
        if moment.arrival is not moment.decision:
            moment.arrival.release()
        if impact.lasts and self._desk.last_fill is not None:
            impact.moved(index, arrival_row, moment, self._desk.last_fill, shifts[1])
        return record

    def _order(self, place: int) -> Order:
        """Return what is wanted as an order, which is made once."""
        index, side, size, limit_price = self._wanted[place]
        made = self._orders[place] = Order(
            index,
            "dispose" if side in (DISPOSE, CLOSE) else "acquire",
            ALL if side == CLOSE else self._size_of(index, side, size),
            limit_price,
        )
        return made

    def _note(self, step: int) -> None:
        book = self._desk.book
        values = step, book.cash, tuple([one.position for one in book.holdings])
        self._listed.append(new(Change, values))
