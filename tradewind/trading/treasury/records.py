"""Records of the books of wallets. Amounts are base units."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.wallets.report import DriftPart

TREASURY: Final = "treasury"
"""Who books what the chain explains."""
NATIVE: Final = ""
"""Stands for the chain's native currency where a token has an address."""

MAX_UNITS: Final = 10**40 - 1
"""No token has more: a contract or a node that says so is not believed."""
DRIFT: Final = "drift: "
"""How the reason of a halt begins that an operator answers for with a note."""


def booking_id(wallet_id: str, token: str, part: DriftPart, block_hash: str) -> str:
    """Return the id of a booking, by the evidence for it.

    A transaction explains a token once. What has none is all that a comparison in a block left.
    """
    return f"{wallet_id}-{token}-{part.tx_hash or f'{part.cause.value}-{block_hash}'}"


class Token(NamedTuple):
    """A token as the books know it."""

    address: str
    currency: str
    decimals: int


@dataclass(frozen=True, slots=True)
class Account:
    """Where the books of a wallet stand."""

    chain_id: int
    address: str
    wallet_id: str
    name: str
    version: int
    checked_nonce: int
    """The books hold every transaction below this nonce."""
    checked_block_number: int
    checked_block_hash: str
    agreed_nonce: int
    agreed_block_number: int
    """Up to here nothing is left to explain."""


class Balance(NamedTuple):
    """What the books say of a token, and what the chain said when they were last compared."""

    token: Token
    ledger: int
    chain: int


class Counted(NamedTuple):
    """A transaction of the wallet, as far as its books are about it."""

    nonce: int
    purpose: str
    state: str
    is_settled: bool
    tx_hash: str | None
    block_number: int | None
    fee_wei: int | None
    amount_in: int | None
    amount_out: int | None
    token_in: str | None
    token_out: str | None
    detail: str

    def moved(self) -> dict[str, int]:
        """Return what it brought of each token, and what it cost of the native currency."""
        found = {NATIVE: -(self.fee_wei or 0)}
        if self.state == "succeeded" and self.purpose == "swap":
            for token, amount in (
                (self.token_in, -(self.amount_in or 0)),
                (self.token_out, self.amount_out or 0),
            ):
                if token is not None:
                    found[token] = found.get(token, 0) + amount
        return found


class AllowanceRow(NamedTuple):
    """What the journal counts on that a spender may take."""

    token: str
    spender: str
    projected: int


class Due(NamedTuple):
    """What tells whether a pass is due."""

    age_seconds: float
    incarnation: str
    is_requested: bool
    is_unopened: bool
    """Whether a wallet has no books yet."""
    settled_nonces: tuple[int | None, ...]


class PendingRequest(NamedTuple):
    """A reconciliation that somebody waits for."""

    report_id: str
    request: bytes


class OpenDrift(NamedTuple):
    """A difference that froze a wallet, which nobody answers for yet."""

    token: str
    currency: str
    amount: int
    cause: str
    tx_hash: str | None
    evidence: str


class ShownWallet(NamedTuple):
    """A wallet as it is shown."""

    chain_id: int
    address: str
    wallet_id: str
    name: str
    checked_block_number: int
    checked_at: datetime
    skipped: str | None
    halted_reason: str | None
    halted_at: datetime | None
    next_nonce: int
    open_count: int
