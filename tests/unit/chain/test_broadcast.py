"""What nodes say about a transaction, client by client, and what several of them say together."""

from collections.abc import Sequence

import pytest

from tradewind.trading.chain.broadcast import BroadcastOutcome, broadcast, classify
from tradewind.trading.chain.endpoint import Endpoint, EndpointFailure
from tradewind.trading.chain.hexadecimal import keccak256, to_data
from tradewind.trading.chain.json_rpc import Call, Fault, Reply

RAW = b"\x02signed"
HASH = to_data(keccak256(RAW))
ACCEPTED, KNOWN, LOW, UNDERPRICED, REFUSED, UNKNOWN = BroadcastOutcome


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("already known", KNOWN),
        ("AlreadyKnown", KNOWN),
        ("ALREADY_EXISTS: already known", KNOWN),
        ("known transaction: 0xabc", KNOWN),
        ("transaction already imported", KNOWN),
        ("INTERNAL_ERROR: existing tx with same hash", KNOWN),
        ("nonce too low", LOW),
        ("nonce too low: next nonce 8, tx nonce 7", LOW),
        ("Transaction nonce is too low. Try incrementing the nonce.", LOW),
        ("OldNonce", LOW),
        ("replacement transaction underpriced", UNDERPRICED),
        ("transaction underpriced: gas tip cap 1, minimum needed 25", UNDERPRICED),
        ("max fee per gas less than block base fee: address 0x1", UNDERPRICED),
        ("FeeTooLow, MaxFeePerGas too low", UNDERPRICED),
        ("Gas price below configured minimum gas price", UNDERPRICED),
        ("insufficient funds for gas * price + value: balance 0", REFUSED),
        ("InsufficientFunds, Balance is zero", REFUSED),
        ("intrinsic gas too low: gas 1, minimum needed 21000", REFUSED),
        ("intrinsic gas too high -- tx.gas_limit > env.block.gas_limit", REFUSED),
        ("exceeds block gas limit", REFUSED),
        ("invalid chain id for signer: have 1 want 31337", REFUSED),
        ("tx fee (2.00 ether) exceeds the configured cap (1.00 ether)", REFUSED),
        ("invalid sender", REFUSED),
        ("rlp: input list has too many elements", REFUSED),
        ("nonce too high", UNKNOWN),
        ("txpool is full", UNKNOWN),
        ("internal error", UNKNOWN),
        ("request timed out", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_texts_of_clients(message: str, outcome: BroadcastOutcome) -> None:
    assert classify(Fault(-32000, message), HASH) is outcome


def test_the_reason_may_stand_in_the_data() -> None:
    assert classify(Fault(-32010, "Transaction rejected", "nonce too low"), HASH) is LOW


@pytest.mark.parametrize("reply", ["0x" + "00" * 32, None, {}, 1, True])
def test_a_result_that_is_not_our_hash_proves_nothing(reply: Reply) -> None:
    assert classify(reply, HASH) is UNKNOWN
    assert classify(HASH.upper().replace("0X", "0x"), HASH) is ACCEPTED


class ScriptedEndpoint(Endpoint):
    """Answers as told; a failure is raised."""

    def __init__(self, answer: Reply | EndpointFailure) -> None:
        self.answer = answer
        self.asked: list[Call] = []

    async def exchange(self, calls: Sequence[Call]) -> list[Reply]:
        self.asked += calls
        if isinstance(self.answer, EndpointFailure):
            raise self.answer
        return [self.answer]


LOST = EndpointFailure("timeout", may_have_arrived=True)
DOWN = EndpointFailure("connection refused", may_have_arrived=False)
TOO_LOW = Fault(-32000, "nonce too low")
CHEAP = Fault(-32000, "underpriced")
BAD = Fault(-32000, "invalid sender")
STRANGE = Fault(-32603, "internal error")


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([HASH], ACCEPTED),
        ([DOWN, HASH], ACCEPTED),
        ([LOST, HASH], ACCEPTED),
        ([DOWN, BAD], REFUSED),
        ([DOWN, CHEAP], UNDERPRICED),
        # The first may have taken it: a refusal by the second proves nothing.
        ([LOST, BAD], UNKNOWN),
        ([LOST, CHEAP], UNKNOWN),
        ([STRANGE, BAD], UNKNOWN),
        ([LOST, TOO_LOW], LOW),
        ([DOWN, DOWN], UNKNOWN),
        ([LOST], UNKNOWN),
        ([], UNKNOWN),
    ],
)
async def test_several_endpoints(
    answers: list[Reply | EndpointFailure], outcome: BroadcastOutcome
) -> None:
    answer = await broadcast([ScriptedEndpoint(each) for each in answers], RAW)
    assert (answer.outcome, answer.transaction_hash) == (outcome, HASH)


async def test_after_a_clear_answer_nobody_else_is_asked() -> None:
    first, second = ScriptedEndpoint(HASH), ScriptedEndpoint(HASH)
    await broadcast([first, second], RAW)
    assert first.asked == [Call("eth_sendRawTransaction", (to_data(RAW),))]
    assert second.asked == []
