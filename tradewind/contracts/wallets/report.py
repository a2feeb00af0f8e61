"""The report of a reconciliation: what each wallet held in a block beside what it should hold."""

from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from tradewind.contracts.ids import Ulid
from tradewind.contracts.instruments.assets import MAX_TOKEN_DECIMALS, Address
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wallets.causes import Consequence, DriftCause, SkipReason
from tradewind.contracts.wallets.identity import MAX_WALLET_ID_LENGTH
from tradewind.contracts.wire import (
    UINT256_MAX,
    BaseUnits,
    DecimalString,
    Document,
    Timestamp,
)

MAX_EVIDENCE_CHARACTERS: Final = 200
MAX_PARTS: Final = 16
MAX_RECORDS: Final = 300
MAX_WALLETS: Final = 64
DEFAULT_THRESHOLD: Final = Decimal("0.0001")
CURRENCY_CHARACTERS: Final = 16


def _parse_signed(value: Any) -> int:
    """Parse an integer, which travels as a string because JavaScript's numbers are too short."""
    text = value if isinstance(value, str) else str(value)
    digits = text.removeprefix("-")
    if isinstance(value, bool) or not (digits.isascii() and digits.isdecimal()):
        raise ValueError("must be an integer written as a string of digits")
    if abs(int(text)) > UINT256_MAX:
        raise ValueError("must be between -2^256 and 2^256")
    return int(text)


SignedUnits = Annotated[
    int,
    BeforeValidator(_parse_signed),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,78}$"}),
]
"""A difference in a token's smallest unit, a string of digits on the wire."""
WalletId = Annotated[str, Field(min_length=1, max_length=MAX_WALLET_ID_LENGTH)]
Currency = Annotated[str, Field(min_length=1, max_length=CURRENCY_CHARACTERS)]
"""The symbol of a token, or of the chain's native currency."""
BlockHash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]


class DriftPart(Document):
    """A part of a drift that has one cause."""

    cause: DriftCause
    amount: SignedUnits
    """In base units; negative where the wallet holds less."""
    consequence: Consequence
    evidence: str = Field(max_length=MAX_EVIDENCE_CHARACTERS)
    tx_hash: str | None = Field(None, pattern=r"^0x[0-9a-f]{64}$", exclude_if=is_absent)
    """The transaction that moved it, where the chain tells."""


class DriftRecord(Document):
    """A token of a wallet: what the books say it holds, and what it held in the block."""

    wallet_id: WalletId
    wallet_name: str = Field(max_length=64)
    currency: Currency
    token: Address | None = Field(None, exclude_if=is_absent)
    """The token's address; absent for the native currency."""
    decimals: int = Field(ge=0, le=MAX_TOKEN_DECIMALS)
    ledger_balance: DecimalString
    chain_balance: DecimalString
    drift: DecimalString
    """`chain_balance` less `ledger_balance`, in whole tokens as both of them are."""
    within_threshold: bool
    cause: DriftCause | None = None
    """The gravest cause among the parts; null without a drift."""
    evidence: str = Field("", max_length=MAX_EVIDENCE_CHARACTERS)
    parts: Annotated[tuple[DriftPart, ...], Field(max_length=MAX_PARTS)] = ()


class AllowanceRecord(Document):
    """A spender may take another amount of a token than the journal counts on."""

    currency: Currency
    token: Address
    spender: Address
    journal: BaseUnits
    chain: BaseUnits


class CapitalRecord(Document):
    """Portfolios count on more of a token than the wallets can give them."""

    currency: Currency
    token: Address
    capital: BaseUnits
    """What all portfolios together have by their accounts, beside open claims, in base units."""
    available: BaseUnits
    """What all wallets together hold."""


class WalletCheck(Document):
    """How one wallet fared in a reconciliation."""

    wallet_id: WalletId
    name: str = Field(max_length=64)
    address: Address
    block_number: int | None = Field(None, ge=0)
    """The block that was read; null where none was."""
    block_hash: BlockHash | None = None
    skipped: SkipReason | None = None
    """Why the wallet was not compared this time."""
    frozen: bool
    """Whether the wallet signs nothing, for whatever reason."""
    problems: Annotated[tuple[str, ...], Field(max_length=MAX_PARTS)] = ()
    """Tokens that could not be read, each with what the node said."""
    allowances: Annotated[tuple[AllowanceRecord, ...], Field(max_length=MAX_PARTS)] = ()


class ReconciliationReport(Document):
    """What a reconciliation of all wallets found."""

    id: Ulid
    timestamp: Timestamp
    block_number: int | None = Field(None, ge=0)
    """The newest block that was read; null where none was."""
    threshold: DecimalString
    """What counts as within the threshold, in whole tokens. It decides nothing else."""
    total_wallets: int = Field(ge=0)
    drifts_detected: int = Field(ge=0)
    drifts_within_threshold: int = Field(ge=0)
    drifts_exceeding_threshold: int = Field(ge=0)
    wallets: Annotated[tuple[WalletCheck, ...], Field(max_length=MAX_WALLETS)]
    records: Annotated[tuple[DriftRecord, ...], Field(max_length=MAX_RECORDS)]
    """The tokens of all wallets that are held or expected, those with a drift first."""
    records_left_off: int = Field(0, ge=0)
    """How many tokens without a drift there was no room for."""
    overcommitted: Annotated[tuple[CapitalRecord, ...], Field(max_length=MAX_PARTS)] = ()
    """Tokens of which portfolios count on more than all wallets hold, beside what is claimed."""
