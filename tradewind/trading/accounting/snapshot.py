"""Accounts as JSON, as they are kept between two settlements: the same bytes for the same value."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.wire import format_timestamp
from tradewind.trading.accounting.accounts import Accounts, Balance, Day, Position
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.accounting.keys import pair_key, token_key


def to_json(accounts: Accounts) -> str:
    """Write accounts, tokens and pairs sorted by their keys."""
    day = accounts.day
    written = {
        "as_of": accounts.as_of,
        "place": accounts.place,
        "postings": accounts.postings,
        "balances": [_balance(accounts.balances[key]) for key in sorted(accounts.balances)],
        "positions": [_position(accounts.positions[key]) for key in sorted(accounts.positions)],
        "gas_usd": _decimal(accounts.gas_usd),
        "unpriced_gas_wei": str(accounts.unpriced_gas_wei),
        "is_funded": accounts.is_funded,
        "day": None if day is None else _day(day),
        "peak_equity_usd": _decimal(accounts.peak_equity_usd),
        "consecutive_losses": accounts.consecutive_losses,
    }
    return orjson.dumps(written).decode()


def from_json(portfolio_id: str, text: str | bytes) -> Accounts:
    """Read what `to_json` wrote."""
    read = orjson.loads(text)
    balances = map(_read_balance, read["balances"])
    positions = map(_read_position, read["positions"])
    return Accounts(
        portfolio_id,
        as_of=read["as_of"],
        place=read["place"],
        postings=read["postings"],
        balances={token_key(one.token): one for one in balances},
        positions={pair_key(one.holding.base, one.holding.quote): one for one in positions},
        gas_usd=Decimal(read["gas_usd"]),
        unpriced_gas_wei=int(read["unpriced_gas_wei"]),
        is_funded=read["is_funded"],
        day=None if read["day"] is None else _read_day(read["day"]),
        peak_equity_usd=_read_decimal(read["peak_equity_usd"]),
        consecutive_losses=read["consecutive_losses"],
    )


def _asset(token: Asset) -> list[Any]:
    return [token.symbol, token.chain, token.address, token.decimals]


def _read_asset(written: list[Any]) -> Asset:
    symbol, chain, address, decimals = written
    return Asset(symbol=symbol, chain=chain, address=address, decimals=decimals)


def _balance(balance: Balance) -> dict[str, Any]:
    return {
        "token": _asset(balance.token),
        "amount": str(balance.amount),
        "rate_usd": _decimal(balance.rate_usd),
    }


def _read_balance(written: Mapping[str, Any]) -> Balance:
    return Balance(
        _read_asset(written["token"]),
        int(written["amount"]),
        _read_decimal(written["rate_usd"]),
    )


def _position(position: Position) -> dict[str, Any]:
    holding = position.holding
    return {
        "base": _asset(holding.base),
        "quote": _asset(holding.quote),
        "quantity": str(holding.quantity),
        "cost": str(holding.cost),
        "realised": str(holding.realised),
        "fills": holding.fills,
        "realised_usd": _decimal(position.realised_usd),
        "unpriced": str(position.unpriced),
        "last_exit_at": _time(position.last_exit_at),
        "fee": None if position.fee is None else str(position.fee),
        "fee_usd": _decimal(position.fee_usd),
    }


def _read_position(written: Mapping[str, Any]) -> Position:
    holding = Holding(
        _read_asset(written["base"]),
        _read_asset(written["quote"]),
        int(written["quantity"]),
        int(written["cost"]),
        int(written["realised"]),
        written["fills"],
    )
    last_exit_at = written["last_exit_at"]
    return Position(
        holding,
        Decimal(written["realised_usd"]),
        int(written["unpriced"]),
        None if last_exit_at is None else datetime.fromisoformat(last_exit_at),
        None if written.get("fee") is None else int(written["fee"]),
        Decimal(written.get("fee_usd", 0)),
    )


def _day(day: Day) -> dict[str, Any]:
    return {
        "midnight": _time(day.midnight),
        "opening_equity_usd": _decimal(day.opening_equity_usd),
        "moved_usd": _decimal(day.moved_usd),
        "realised_usd": _decimal(day.realised_usd),
    }


def _read_day(written: Mapping[str, Any]) -> Day:
    return Day(
        datetime.fromisoformat(written["midnight"]),
        _read_decimal(written["opening_equity_usd"]),
        _read_decimal(written["moved_usd"]),
        Decimal(written["realised_usd"]),
    )


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _read_decimal(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else format_timestamp(moment)
