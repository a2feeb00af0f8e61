"""Converts between rows of the accounts' tables and records."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import orjson

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.wire import format_timestamp
from tradewind.trading.accounting.accounts import Accounts, Balance, Position
from tradewind.trading.accounting.bookings import Entry, EntryKind, Fill
from tradewind.trading.accounting.postings import Charge, Movement, Posting, Trade


def fill_row(fill: Fill) -> dict[str, Any]:
    """Return a row of `fills`."""
    same = (
        *("portfolio_id", "strategy_id", "event_id", "correlation_id", "sequence", "global_seq"),
        *("sha256", "place", "block_number", "transaction_index", "log_index", "tx_hash"),
    )
    return {
        **fill.key._asdict(),
        **{name: getattr(fill, name) for name in same},
        "block_time": format_timestamp(fill.time),
        "chain": fill.base.chain,
        **_pair(fill.base, fill.quote),
        "quantity": str(fill.quantity),
        "cost": str(fill.cost),
        "pool_fee": str(fill.pool_fee),
        "base_usd": _text(fill.rates.base_usd),
        "quote_usd": _text(fill.rates.quote_usd),
        "rate_event_id": fill.rates.event_id,
    }


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return a row of `entries`."""
    same = (
        *("event_id", "number", "portfolio_id", "kind", "counter_account", "place", "global_seq"),
        "tx_hash",
    )
    return {
        **{name: getattr(entry, name) for name in same},
        "chain": entry.token.chain,
        "token": entry.token.address,
        "symbol": entry.token.symbol,
        "decimals": entry.token.decimals,
        "amount": str(entry.amount),
        "time": format_timestamp(entry.time),
        "price_usd": _text(entry.price_usd),
    }


def position_row(accounts: Accounts, position: Position) -> dict[str, Any]:
    """Return a row of `positions`."""
    holding, last_exit_at = position.holding, position.last_exit_at
    return {
        "portfolio_id": accounts.portfolio_id,
        "chain": holding.base.chain,
        **_pair(holding.base, holding.quote),
        "quantity": str(holding.quantity),
        "cost": str(holding.cost),
        "realised": str(holding.realised),
        "realised_usd": _text(position.realised_usd),
        "unpriced": str(position.unpriced),
        "fills": holding.fills,
        "last_exit_at": None if last_exit_at is None else format_timestamp(last_exit_at),
    }


def balance_row(portfolio_id: str, balance: Balance) -> dict[str, Any]:
    """Return a row of `balances`."""
    token = balance.token
    return {
        "portfolio_id": portfolio_id,
        "chain": token.chain,
        "token": token.address,
        "symbol": token.symbol,
        "decimals": token.decimals,
        "amount": str(balance.amount),
    }


def to_posting(row: Mapping[str, Any]) -> Posting:
    """Return the posting in a row of `select_postings`."""
    place = (row["place"], row["time"], row["global_seq"])
    token = Asset(
        symbol=row["base_symbol"],
        chain=row["chain"],
        address=row["base"],
        decimals=row["base_decimals"],
    )
    amount = int(row["quantity"])
    match EntryKind(row["kind"]):
        case EntryKind.FILL:
            quote = Asset(
                symbol=row["quote_symbol"],
                chain=row["chain"],
                address=row["quote"],
                decimals=row["quote_decimals"],
            )
            cost = int(row["cost"])
            rates = row["base_usd"], row["quote_usd"]
            return Trade(*place, token, quote, amount, cost, *rates, int(row["pool_fee"]))
        case EntryKind.GAS:
            return Charge(*place, token.chain, -amount, row["base_usd"])
        case _:
            return Movement(*place, token, amount, row["base_usd"])


def to_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows for a statement that reads them with `jsonb_populate_recordset`."""
    return orjson.dumps(list(rows)).decode()


def _pair(base: Asset, quote: Asset) -> dict[str, Any]:
    return {
        "base": base.address,
        "base_symbol": base.symbol,
        "base_decimals": base.decimals,
        "quote": quote.address,
        "quote_symbol": quote.symbol,
        "quote_decimals": quote.decimals,
    }


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")
