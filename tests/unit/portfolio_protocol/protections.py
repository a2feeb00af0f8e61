"""What keeps claims right. The tests take one of them away at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Protections:
    """The whole protocol."""

    lock: bool = True
    """An intent is decided on what is committed then: under the lock of its portfolio, or kept only
    where the version of the portfolio that was read still stands."""
    decision_kept: bool = True
    """The row of a decision has its bytes, and whoever is asked again publishes these."""
    rejection_kept: bool = True
    """A rejection has a row, too."""
    commit_before_publish: bool = True
    """A decision is published when its row is committed."""
    settled_by_ledger: bool = True
    """A claim ends by what the ledger has recorded, and not by what the stream delivers."""
    no_deadline: bool = True
    """No clock ends a claim."""
    cursor_with_effects: bool = True
    """The cursor moves in the transaction that applies what it passes."""
    ledger_is_right: bool = True
    """An approval that only the ledger has becomes a claim."""
    fence: bool = True
    """Nobody decides on a database that he has not proven to have every approval."""
    stream_read: bool = True
    """The proof waits until the ledger has read what the stream had."""
    settlement_caught_up: bool = True
    """The proof waits until the book follows the ledger."""
    gap_halts: bool = True
    """Whoever records goes on behind a gap in the history only with trading halted."""
    wallets_compared: bool = True
    """That halt ends when the chain has told what happened, and it counts."""
    token: bool = True
    """An approval made in a life of the database that is over is not recorded any more."""
    life_noted: bool = True
    """Nobody decides in a life of the database before such approvals are refused."""
    claim_signed: bool = True
    """What is signed has a claim in the book: to hear of an approval is not enough."""
    signing_proven: bool = True
    """Whoever signs has proven the database too: before that, what is halted may not show."""
    sweeper: bool = True
    """What stands still is sent again."""
    wait_claims: bool = True
    """An intent that waits for a person claims as one that is approved."""
    wait_ended_once: bool = True
    """What ends a wait is kept, and nothing else ends it after that."""
    wait_fenced: bool = True
    """Nobody ends a wait on a database that he has not proven."""
    wait_told: bool = True
    """What ended a wait is published until the ledger has it, whoever decided it."""
    wait_followed: bool = True
    """A wait and its end that only the ledger has are taken over."""
