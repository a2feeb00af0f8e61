"""Errors of JSON-RPC calls, split by what the caller should do."""

from tradewind.errors import PermanentError, TransientError, UnknownOutcome


class RpcUnavailable(TransientError):
    """No endpoint answered this read. Nothing changed on chain; ask again later."""

    code = "RPC_UNAVAILABLE"


class RpcAnswerLost(UnknownOutcome):
    """A node may have executed the command, but its answer never came. Look before repeating."""

    code = "RPC_ANSWER_LOST"


class RpcRefused(PermanentError):
    """The node understood the request and refused it. The text is the node's own."""

    code = "RPC_REFUSED"


class ExecutionReverted(RpcRefused):
    """The contract reverted. `reason` is its decoded text; the same call reverts again."""

    code = "EXECUTION_REVERTED"

    def __init__(self, reason: str) -> None:
        super().__init__(f"execution reverted: {reason}")
        self.reason = reason
