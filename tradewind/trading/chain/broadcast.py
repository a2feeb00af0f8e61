"""What a node's answer to eth_sendRawTransaction means for the transaction.

Nodes answer with texts that differ between clients, and with nothing else. An answer that no
pattern matches counts as unknown, and the same bytes are sent again: the chain takes them once.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from tradewind.trading.chain.endpoint import EndpointFailure
from tradewind.trading.chain.hexadecimal import keccak256, to_data
from tradewind.trading.chain.json_rpc import Call, Fault, Reply

MAX_DETAIL_CHARACTERS: Final = 300


class BroadcastOutcome(StrEnum):
    """What is known about a transaction after nodes answered the broadcast."""

    ACCEPTED = "accepted"
    ALREADY_KNOWN = "already_known"
    """The node has these bytes already, which is as good as accepted."""
    NONCE_TOO_LOW = "nonce_too_low"
    """The nonce is used on chain, by this transaction or another: look for receipts."""
    UNDERPRICED = "underpriced"
    """The node refused it because its fees are too low."""
    REFUSED = "refused"
    """The node refused it as invalid or unfunded. An earlier broadcast may still have arrived."""
    UNKNOWN = "unknown"
    """A node may have it, so the same bytes have to be sent again."""


class BroadcastAnswer(NamedTuple):
    """The outcome, and the answer of the last node that was asked."""

    outcome: BroadcastOutcome
    transaction_hash: str
    detail: str


class Exchanger(Protocol):
    """Whatever exchanges calls for replies; EndpointFailure where there are none."""

    async def exchange(self, calls: Sequence[Call]) -> list[Reply]:
        """Return one reply per call."""
        ...


NOT_TAKEN: Final = (BroadcastOutcome.UNDERPRICED, BroadcastOutcome.REFUSED)
PHRASES: Final = (
    (
        BroadcastOutcome.ALREADY_KNOWN,
        r"already ?known|known transaction|already imported|already_exists"
        r"|existing tx with same hash|already in (the )?mempool",
    ),
    (
        BroadcastOutcome.NONCE_TOO_LOW,
        r"nonce( is)? too low|nonce_too_low|\bold ?nonce|nonce has already been used",
    ),
    (
        BroadcastOutcome.UNDERPRICED,
        r"underpriced|(gas price|fee|tip)( is| supplied is)? ?too ?low"
        r"|max fee per gas less than block base fee|below configured minimum gas price",
    ),
    (
        BroadcastOutcome.REFUSED,
        r"insufficient ?(funds|balance)|intrinsic gas too (low|high)|exceeds block gas limit"
        r"|gas limit (is )?(too high|exceed)|gas uint64 overflow|invalid (sender|signature)"
        r"|(invalid|incorrect|wrong) chain ?id|negative value|oversized data"
        r"|exceeds the configured cap|failed to decode|\brlp\b|initcode size"
        r"|priority fee per gas higher than max fee|transaction type not supported",
    ),
)
PATTERNS: Final = tuple((outcome, re.compile(text, re.IGNORECASE)) for outcome, text in PHRASES)


def classify(reply: Reply, transaction_hash: str) -> BroadcastOutcome:
    """Classify one node's reply; another hash than ours is no proof and counts as unknown."""
    if not isinstance(reply, Fault):
        is_ours = isinstance(reply, str) and reply.lower() == transaction_hash
        return BroadcastOutcome.ACCEPTED if is_ours else BroadcastOutcome.UNKNOWN
    text = f"{reply.message} {reply.data}" if isinstance(reply.data, str) else reply.message
    for outcome, pattern in PATTERNS:
        if pattern.search(text):
            return outcome
    return BroadcastOutcome.UNKNOWN


async def broadcast(endpoints: Iterable[Exchanger], raw_transaction: bytes) -> BroadcastAnswer:
    """Send the bytes to one endpoint after the other until one gives a clear answer.

    An endpoint that provably did not receive the request is asked once more at the end.
    """
    transaction_hash = to_data(keccak256(raw_transaction))
    call = Call("eth_sendRawTransaction", (to_data(raw_transaction),))
    in_doubt, detail = False, "no endpoint"
    queue = list(endpoints)
    tried: set[Exchanger] = set()
    for endpoint in queue:
        try:
            (reply,) = await endpoint.exchange([call])
        except EndpointFailure as failure:
            in_doubt, detail = in_doubt or failure.may_have_arrived, str(failure)
            if not failure.may_have_arrived and endpoint not in tried:
                tried.add(endpoint)
                queue.append(endpoint)
            continue
        outcome = classify(reply, transaction_hash)
        detail = reply.message if isinstance(reply, Fault) else str(reply)
        if outcome in NOT_TAKEN and in_doubt:
            # This node refused it, but one before may have it.
            outcome = BroadcastOutcome.UNKNOWN
        if outcome is not BroadcastOutcome.UNKNOWN:
            return BroadcastAnswer(outcome, transaction_hash, detail[:MAX_DETAIL_CHARACTERS])
        in_doubt = True
    return BroadcastAnswer(
        BroadcastOutcome.UNKNOWN, transaction_hash, detail[:MAX_DETAIL_CHARACTERS]
    )
