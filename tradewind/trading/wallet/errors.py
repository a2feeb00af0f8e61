"""Errors of the transaction journal, split by what the caller should do."""

from tradewind.errors import PermanentError, TransientError, UnknownOutcome


class JournalUnavailable(UnknownOutcome):
    """PostgreSQL is away, and the last transaction may be committed. Make the same call again."""

    code = "JOURNAL_UNAVAILABLE"


class WalletHalted(TransientError):
    """The wallet gives out no nonce until an operator has looked: `tradewind wallet status`."""

    code = "WALLET_HALTED"


class TooManyOpenTransactions(TransientError):
    """The wallet has as many transactions without an outcome as it may. Wait for some to settle."""

    code = "TOO_MANY_OPEN_SLOTS"


class TransactionLost(TransientError):
    """The ledger saw this step signed, the journal has no transaction for it: it was restored.

    The transaction may be mined already, or be mined later, so the step is never decided again.
    Runbook: wallet halted.
    """

    code = "SLOT_LOST"


class PlanNotRecorded(TransientError):
    """The ledger has not recorded the plan yet, so it may still record another. Ask again soon."""

    code = "PLAN_NOT_RECORDED"


class AnotherPlanRecorded(PermanentError):
    """The ledger recorded another plan under this plan's id. That one may be signed, never this."""

    code = "ANOTHER_PLAN_RECORDED"


class UnknownWallet(PermanentError):
    """The journal does not know this wallet, or this nonce of it, on this chain."""

    code = "UNKNOWN_WALLET"
