"""What keeps the write path right. The tests take one of them away at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Protections:
    """The whole protocol."""

    causation: bool = True
    """An event is appended only behind the event that caused it."""
    index: bool = True
    """The ledger knows every recorded event by id and hash."""
    parking: bool = True
    """What arrives before its predecessor is kept until that is there."""
    fence: bool = True
    """A writer decides under the writer row's lock, and only in its own term."""
    commit_before_ack: bool = True
    """A message is acknowledged when its event is committed."""
    hint_after_commit: bool = True
    """Redis is told what is committed, never what is about to be."""
    hints_by_incarnation: bool = True
    """What Redis was told about a database that was restored counts for nothing."""
    stream_read_again: bool = True
    """After a restore the stream is read from its start."""
    consumer_made_anew: bool = True
    """What the consumer before a restore delivered cannot be acknowledged any more."""
    journal: bool = True
    """The instrument stage reads what it decided before, and keeps what it decides."""
    first_decision_wins: bool = True
    """A decision that is kept is never replaced."""
    keep_before_publish: bool = True
    """A decision is published only when it is kept."""
    claim_locked: bool = True
    """The portfolio stage decides and claims in one commit, under the lock of the portfolio."""
    claim_has_decision: bool = True
    """Whoever is asked again finds the decision with the claim, and publishes that."""
    claim_before_publish: bool = True
    """A decision is published when its claim is committed."""
    claim_adopts: bool = True
    """Where the ledger has a decision and the book has none, the ledger's is taken over."""
    claim_fenced: bool = True
    """After a restore nothing is decided until the ledger has read the stream."""
    claim_settled_by_ledger: bool = True
    """A claim ends by what the ledger has recorded, and not by what the stream says."""
    lookup: bool = True
    """A plan is signed only when the ledger has recorded it."""
    lookup_by_hash: bool = True
    """It is signed only when the ledger has recorded exactly these bytes."""
    first_signature_wins: bool = True
    """A step is signed once."""
    nonce_from_journal: bool = True
    """The next nonce is the journal's; one that the chain has counted already halts the wallet."""
    relay: bool = True
    """An accepted intent is published again until it is recorded."""
    sweeper: bool = True
    """The last event of a history that stands still is published again."""
