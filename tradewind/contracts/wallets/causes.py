"""Why a wallet holds something else than its books say, and what follows from it."""

from enum import StrEnum
from typing import Final


class DriftCause(StrEnum):
    """The cause of a part of a drift, as far as the chain's evidence tells it."""

    GAS = "GAS"
    """A transaction of ours whose cost the journal did not know."""
    FEE = "FEE"
    """A transaction of ours cost more or less than the journal says: a rollup's fee, a reorg."""
    DEPOSIT = "DEPOSIT"
    """Somebody sent tokens to the wallet."""
    NATIVE_IN = "NATIVE_IN"
    """Somebody sent native currency to the wallet, which leaves no log."""
    FEE_ON_TRANSFER = "FEE_ON_TRANSFER"
    """The token keeps a part of what is transferred."""
    REBASE = "REBASE"
    """The token changes balances by itself, and is registered as one that does."""
    DUST = "DUST"
    """Less than what counts as a difference for this token."""
    TRANSFER_OUT = "TRANSFER_OUT"
    """Tokens left the wallet, and no transaction of ours took them: an allowance or the key did."""
    FOREIGN_NONCE = "FOREIGN_NONCE"
    """The wallet's key signed a transaction that the journal does not have."""
    UNEXPLAINED = "UNEXPLAINED"
    """No evidence accounts for it."""


class Consequence(StrEnum):
    """What a reconciliation does about a part of a drift."""

    NOTED = "noted"
    """It is written down, and found again as long as it is there."""
    BOOKED = "booked"
    """It is explained: from now on the wallet is expected to hold it."""
    FROZEN = "frozen"
    """The wallet signs nothing more until an operator has resumed it with a note."""


FREEZING: Final = frozenset(
    {DriftCause.TRANSFER_OUT, DriftCause.FOREIGN_NONCE, DriftCause.UNEXPLAINED}
)


class SkipReason(StrEnum):
    """Why a wallet was not compared; none of these is a drift."""

    IN_FLIGHT = "IN_FLIGHT"
    """A transaction of ours is in the block, and the journal has no outcome for it yet."""
    HEAD_BEHIND = "HEAD_BEHIND"
    """The node is behind the block that was compared last."""
    BLOCK_GONE = "BLOCK_GONE"
    """The block left the chain while it was read."""
    NODES_DISAGREE = "NODES_DISAGREE"
    """A drift that another node does not confirm."""
    NODES_SILENT = "NODES_SILENT"
    """No node answered, or not enough of them to confirm a drift."""
    JOURNAL_MOVED = "JOURNAL_MOVED"
    """Another process reconciled the wallet at the same time."""
