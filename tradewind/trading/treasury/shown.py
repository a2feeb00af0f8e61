"""Shows wallets and their transactions, beside what their books say. DatabaseUnavailable."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Literal

import orjson
from pydantic import Field

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.wallets.causes import SkipReason
from tradewind.contracts.wallets.report import Currency, WalletId
from tradewind.contracts.wire import BaseUnits, DecimalString, Document, Timestamp
from tradewind.postgres import Pool, outage_is_transient
from tradewind.queries import load_queries
from tradewind.trading.treasury.records import DRIFT, NATIVE

_QUERIES: Final = load_queries("tradewind.trading.treasury")
_WALLETS = _QUERIES["select_shown_wallets"]
_BALANCES = _QUERIES["select_shown_balances"]
_TRANSACTIONS = _QUERIES["select_shown_transactions"]
_INTENT_PREFIX: Final = make_correlation_id(CorrelationKind.INTENT, "")
NOTHING: Final = Decimal(0)

type WalletState = Literal["ready", "halted", "frozen"]


class BalanceDocument(Document):
    """What a wallet held of a token in a block, and what it should have held."""

    currency: Currency
    token: Address | None
    """The token's address; null for the native currency."""
    decimals: int
    ledger_balance: DecimalString
    chain_balance: DecimalString
    drift: DecimalString
    """`chain_balance` less `ledger_balance`."""


class WalletDocument(Document):
    """A wallet; the balances beside `currency` are those of the chain's native currency."""

    wallet_id: WalletId
    name: str
    type: Literal["hot"]
    """The platform signs with its key by itself."""
    chain: str
    """The chain by CAIP-2, such as `eip155:1`."""
    address: Address
    state: WalletState
    """`halted`: it signs nothing. `frozen`: so because of a drift that nobody answers for."""
    halted_reason: str | None
    currency: Currency
    ledger_balance: DecimalString
    chain_balance: DecimalString
    drift: DecimalString
    tradeable_fraction: DecimalString
    """What share of the balances may be traded: 1, or 0 while it signs nothing."""
    balances: tuple[BalanceDocument, ...]
    open_transactions: int = Field(ge=0)
    next_nonce: int = Field(ge=0)
    block_number: int = Field(ge=0)
    """The block in which it was last compared with the chain."""
    as_of: Timestamp
    """When that was."""
    skipped: SkipReason | None
    """Why the last comparison since then was none."""


class WalletTransactionDocument(Document):
    """A transaction of a wallet, at the nonce that it has for good."""

    nonce: int = Field(ge=0)
    purpose: Literal["swap", "approval", "filler"]
    state: Literal[
        "signed", "broadcast", "mined", "succeeded", "reverted", "cancelled", "nonce_taken"
    ]
    tx_hash: str | None
    """The attempt that was mined, else the latest one."""
    block_number: int | None
    block_time: Timestamp | None
    gas_used: int | None
    effective_gas_price_wei: BaseUnits | None
    fee_wei: BaseUnits | None
    plan_id: str | None
    step_index: int | None
    intent_id: str | None
    portfolio_id: str | None
    token_in: Address | None
    amount_in: BaseUnits | None
    token_out: Address | None
    amount_out: BaseUnits | None
    approved_token: Address | None
    spender: Address | None
    approved_amount: BaseUnits | None
    reason: str | None
    created_at: Timestamp
    settled_at: Timestamp | None


class ShownWallets:
    """Wallets whose books have begun."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def all(self) -> list[WalletDocument]:
        """Return every wallet."""
        return await self._wallets(None)

    async def one(self, wallet_id: str) -> WalletDocument | None:
        """Return a wallet, or None."""
        return next(iter(await self._wallets(wallet_id)), None)

    async def transactions(
        self, wallet_id: str, below: int | None, limit: int
    ) -> list[WalletTransactionDocument]:
        """Return transactions of a wallet, the highest nonce first."""
        with outage_is_transient():
            rows = await self._pool.fetch(_TRANSACTIONS, wallet_id, below, limit)
        return list(map(_transaction, rows))

    async def _wallets(self, wallet_id: str | None) -> list[WalletDocument]:
        with outage_is_transient():
            rows = await self._pool.fetch(_WALLETS, wallet_id)
            ids = [row["wallet_id"] for row in rows]
            held = await self._pool.fetch(_BALANCES, ids) if ids else []
        balances = defaultdict[str, list[Any]](list)
        for row in held:
            balances[row["wallet_id"]].append(row)
        return [_wallet(row, balances[row["wallet_id"]]) for row in rows]


def _wallet(row: Any, held: Sequence[Any]) -> WalletDocument:
    balances = tuple(map(_balance, held))
    native = next((one for one in balances if one.token is None), None)
    reason: str | None = row["halted_reason"]
    return WalletDocument(
        wallet_id=row["wallet_id"],
        name=row["name"],
        type="hot",
        chain=f"eip155:{row['chain_id']}",
        address=row["address"],
        state=_state(reason),
        halted_reason=reason,
        currency="ETH" if native is None else native.currency,
        ledger_balance=NOTHING if native is None else native.ledger_balance,
        chain_balance=NOTHING if native is None else native.chain_balance,
        drift=NOTHING if native is None else native.drift,
        tradeable_fraction=Decimal(0 if reason else 1),
        balances=balances,
        open_transactions=row["open_count"],
        next_nonce=row["next_nonce"],
        block_number=row["checked_block_number"],
        as_of=row["checked_at"],
        skipped=None if row["skipped"] is None else SkipReason(row["skipped"]),
    )


def _state(reason: str | None) -> WalletState:
    if reason is None:
        return "ready"
    return "frozen" if reason.startswith(DRIFT) else "halted"


def _balance(row: Any) -> BalanceDocument:
    decimals, ledger, chain = row["decimals"], int(row["ledger"]), int(row["chain"])
    return BalanceDocument(
        currency=row["currency"],
        token=None if row["token"] == NATIVE else row["token"],
        decimals=decimals,
        ledger_balance=from_base_units(ledger, decimals),
        chain_balance=from_base_units(chain, decimals),
        drift=from_base_units(chain - ledger, decimals),
    )


def _transaction(row: Any) -> WalletTransactionDocument:
    described = orjson.loads(row["description"])
    step = described.get("step") or {}
    correlation_id: str = row["correlation_id"] or ""
    intent_id = correlation_id.removeprefix(_INTENT_PREFIX) or None
    moment: datetime | None = row["settled_at"]
    return WalletTransactionDocument(
        nonce=row["nonce"],
        purpose=row["purpose"],
        state=row["state"],
        tx_hash=row["tx_hash"],
        block_number=row["mined_block_number"],
        block_time=row["block_time"],
        gas_used=row["gas_used"],
        effective_gas_price_wei=_units(row["effective_gas_price_wei"]),
        fee_wei=_units(row["fee_wei"]),
        plan_id=row["plan_id"] or None,
        step_index=row["step_index"] if row["plan_id"] else None,
        intent_id=intent_id,
        portfolio_id=row["portfolio"],
        token_in=step.get("token_in"),
        amount_in=_units(row["amount_in"]),
        token_out=step.get("token_out"),
        amount_out=_units(row["amount_out"]),
        approved_token=described.get("token"),
        spender=described.get("spender"),
        approved_amount=_units(described.get("amount")),
        reason=row["reason"] or None,
        created_at=row["created_at"],
        settled_at=moment,
    )


def _units(value: Any) -> int | None:
    return None if value is None else int(value)
