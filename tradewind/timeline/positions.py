"""Totals of what strategies hold, after each of their fills. Pure; exact, in base units.

Holdings are kept at average cost in the order of the chain, which is not that of recording. So a
fill that is recorded late is put in its place among the fills before it, and the totals are those
of the whole: what a fold over the ledger, cut after this fill, would say.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.wire import parse_time
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.accounting.place import UNKNOWN, Place

type Key = tuple[str, str, str, str]
"""A strategy, and the chain and addresses of the pair."""


class ToldFill(NamedTuple):
    """A fill as the ledger tells it."""

    strategy_id: str
    base: Asset
    quote: Asset
    global_seq: int
    fill_key: str
    """Plan, step and number of the fill: it stands once for a strategy."""
    place: str
    bought: int
    """Base units; negative for a sale."""
    paid: int
    """Quote units; negative for a sale."""
    at: datetime
    opened_seq: int | None = None
    """The event that began its history."""

    @property
    def key(self) -> Key:
        return (self.strategy_id, self.base.chain, self.base.address, self.quote.address)


class Total(NamedTuple):
    """A fill, and what all fills of its key come to that were recorded up to it."""

    global_seq: int
    place: str
    bought: int
    paid: int
    quantity: int
    cost: int
    realised: int
    fills: int
    last_place: str
    """The last place among them in the order of the chain."""
    last_at: datetime


def fill_of(row: Mapping[str, Any]) -> ToldFill:
    """Return the fill in a row of `select_fills`."""
    base, quote = (Asset.model_validate_json(row[name]) for name in ("base", "quote"))
    amount_in, amount_out = int(row["amount_in"]), int(row["amount_out"])
    buys = row["token_in"] == quote.address
    block_time = row["block_time"]
    place = Place(
        row["time"] if block_time is None else parse_time(block_time),
        base.chain,
        int(row["block_number"]),
        _or_unknown(row["transaction_index"]),
        _or_unknown(row["log_index"]),
        int(row["fill_index"]),
        row["event_id"],
    )
    return ToldFill(
        row["strategy_id"],
        base,
        quote,
        row["global_seq"],
        f"{row['plan_id']}.{row['step_index']}.{row['fill_index']}",
        place.key,
        amount_out if buys else -amount_in,
        amount_in if buys else -amount_out,
        row["time"],
        row.get("opened_seq"),
    )


def _or_unknown(number: Any) -> int:
    return UNKNOWN if number is None else int(number)


def totals(
    recent: Sequence[Total], fills: Iterable[ToldFill], *, is_whole: bool
) -> list[Total] | None:
    """Return a total for each of the next fills of one key, which are in order of global_seq.

    `recent` has the last totals of the key, oldest first; all of them where it `is_whole`. None
    where a fill belongs before all of them, so that more have to be known.
    """
    known, made = list(recent), []
    for fill in fills:
        total = _next(known, fill, is_whole=is_whole)
        if total is None:
            return None
        known.append(total)
        made.append(total)
    return made


def _next(known: Sequence[Total], fill: ToldFill, *, is_whole: bool) -> Total | None:
    last = known[-1] if known else None
    last_at = fill.at if last is None else max(last.last_at, fill.at)
    if last is None or last.last_place < fill.place:
        holding = _holding(last, fill).trade(fill.bought, fill.paid)
        return _total(fill, holding, fill.place, last_at)
    earliest, start = fill.place, None
    later: list[tuple[str, int, int]] = [(fill.place, fill.bought, fill.paid)]
    for one in reversed(known):
        if one.last_place < earliest:
            start = one
            break
        later.append((one.place, one.bought, one.paid))
        earliest = min(earliest, one.place)
    if start is None and not is_whole:
        return None
    holding = _holding(start, fill)
    for _, bought, paid in sorted(later):
        holding = holding.trade(bought, paid)
    return _total(fill, holding, last.last_place, last_at)


def _holding(total: Total | None, fill: ToldFill) -> Holding:
    if total is None:
        return Holding(fill.base, fill.quote)
    return Holding(fill.base, fill.quote, total.quantity, total.cost, total.realised, total.fills)


def _total(fill: ToldFill, holding: Holding, last_place: str, last_at: datetime) -> Total:
    return Total(
        fill.global_seq, fill.place, fill.bought, fill.paid, holding.quantity, holding.cost,
        holding.realised, holding.fills, last_place, last_at,
    )  # fmt: skip


def total_of(row: Mapping[str, Any]) -> Total:
    """Return the total in a row of `timeline.positions`."""
    return Total(
        row["global_seq"], row["place"], int(row["bought"]), int(row["paid"]),
        int(row["quantity"]), int(row["cost"]), int(row["realised"]), int(row["fills"]),
        row["last_place"], row["last_at"],
    )  # fmt: skip


def key_rows(fills: Iterable[ToldFill]) -> str:
    """Return the rows of `timeline.position_keys`, as JSON."""
    first: dict[Key, dict[str, Any]] = {}
    for fill in fills:
        strategy_id, chain, base, quote = fill.key
        first.setdefault(fill.key, {
            "strategy_id": strategy_id, "chain": chain, "base": base, "quote": quote,
            "base_symbol": fill.base.symbol, "base_decimals": fill.base.decimals,
            "quote_symbol": fill.quote.symbol, "quote_decimals": fill.quote.decimals,
            "first_seq": fill.global_seq,
        })  # fmt: skip
    return orjson.dumps(list(first.values())).decode()
