"""Receipts of any node software settle a transaction rightly, or not at all."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from actors.venues.uniswap_v3.chain_reader import read_details, read_head
from actors.venues.uniswap_v3.receipts import RECEIPT, UnreadableReceipt
from actors.venues.uniswap_v3.settlement import allowance_in_doubt, settlement_of
from tests.support.factories import USDC
from tests.unit.actors.uniswap_v3.swap_logs import (
    AMOUNT_IN,
    AMOUNT_OUT,
    PAID,
    ROUTER,
    SWAPPED,
    WALLET,
    receipt,
    step,
)
from tests.unit.actors.uniswap_v3.transactions import NOW, attempt, transaction
from tradewind.trading.chain.errors import RpcUnavailable
from tradewind.trading.chain.json_rpc import Call, Fault, Reply
from tradewind.trading.chain.rpc_client import RpcClient, result_of
from tradewind.trading.wallet.records import (
    AttemptPurpose,
    Settlement,
    TransactionPurpose,
    TransactionState,
)

STF = "0x08c379a0" + "20".rjust(64, "0") + "3".rjust(64, "0") + "535446".ljust(64, "0")
SWAP = transaction(target=ROUTER, data=b"", description={"step": step().model_dump(mode="json")})
REVERTED = receipt(status="0x0", logs=[])


class Nodes:
    """Nodes that answer methods from a table; the receipts are those of one node after another."""

    def __init__(self, receipts: Sequence[Any] = (), **answers: Any) -> None:
        self.receipts = receipts
        self.answers = answers
        self.asked: list[str] = []

    async def batch(self, calls: Sequence[Call]) -> list[Reply]:
        self.asked += [call.method for call in calls]
        replies = [self.answers.get(call.method) for call in calls]
        if "away" in replies:
            raise RpcUnavailable("no node answers")
        return replies

    async def call(self, method: str, *params: Any) -> Any:
        (reply,) = await self.batch([Call(method, params)])
        return result_of(reply)

    async def every_answer(self, call: Call) -> AsyncIterator[Reply]:
        assert call.method == RECEIPT
        for one in self.receipts:
            yield one


async def settle(document: Any, nodes: Nodes | None = None, **changes: Any) -> Settlement:
    client = cast(RpcClient, nodes or Nodes())
    one = attempt(**{"gas_limit": 10**6} | changes)
    return await settlement_of(client, WALLET, SWAP, one, document, block_time=NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 1},
        {"status": "0x01"},
        {"status": "0X1"},
        {"blockNumber": 9},
        {"blockNumber": "0x0009"},
        {"gasUsed": 150_000},
        {"gasUsed": "0x000249F0"},
        {"effectiveGasPrice": 7},
        {"blockHash": f"0x{9:064X}"},
    ],
)
async def test_every_spelling_of_a_receipt_settles_alike(changes: dict[str, Any]) -> None:
    assert await settle(receipt(**changes)) == await settle(receipt())


async def test_what_a_swap_moved_and_cost_is_kept() -> None:
    settled = await settle(receipt(l1Fee="0x5"))
    assert (settled.state, settled.detail) == (TransactionState.SUCCEEDED, "")
    assert (settled.amount_in, settled.amount_out) == (AMOUNT_IN, AMOUNT_OUT)
    assert (settled.gas_used, settled.effective_gas_price_wei) == (150_000, 7)
    assert settled.fee_wei == 150_000 * 7 + 5
    assert (settled.block_number, settled.block_time) == (9, NOW)
    assert (settled.transaction_index, settled.log_index) == (3, 7)


@pytest.mark.parametrize("absent", ["gasUsed", "effectiveGasPrice", "transactionIndex"])
@pytest.mark.parametrize("value", [None, "", "0x", {}, -1, "0x" + "f" * 64, "left out"])
async def test_what_only_serves_bookkeeping_may_be_absent(absent: str, value: Any) -> None:
    document = receipt(**{absent: value})
    if value == "left out":
        del document[absent]
    settled = await settle(document)
    assert settled.state is TransactionState.SUCCEEDED
    assert (settled.amount_in, settled.amount_out) == (AMOUNT_IN, AMOUNT_OUT)
    assert (await settle(document | {"status": "0x0"}, Nodes())).state is TransactionState.REVERTED


UNCLEAR: dict[str, list[Any]] = {
    "status": [None, "", "0x", "1", "0x2", "0x10", True, 1.0, "success"],
    "blockNumber": [None, "9", "0x", -9, "0x" + "f" * 64],
    "blockHash": [None, "0x9", 9],
    "logs": [None, {}, [], [PAID], [SWAPPED, None], "0x"],
}
UNREADABLE = [{field: value} for field, values in UNCLEAR.items() for value in values]


@pytest.mark.parametrize("changes", UNREADABLE)
async def test_what_is_unclear_is_asked_of_another_node(changes: dict[str, Any]) -> None:
    unclear = receipt(**changes)
    with pytest.raises(UnreadableReceipt):
        await settle(unclear, Nodes([unclear, None, Fault(-32_000, "no")]))
    if "blockHash" not in changes:
        assert await settle(unclear, Nodes([unclear, receipt()])) == await settle(receipt())


async def test_another_nodes_receipt_counts_in_the_same_block_only() -> None:
    elsewhere = receipt(blockHash=f"0x{8:064x}")
    with pytest.raises(UnreadableReceipt):
        await settle(receipt(status=None), Nodes([elsewhere]))


async def test_a_cancellation_needs_no_logs() -> None:
    settled = await settle(receipt(logs=None), purpose=AttemptPurpose.CANCEL)
    assert settled.state is TransactionState.CANCELLED


@pytest.mark.parametrize(
    ("answers", "reason", "detail"),
    [
        ({"debug_traceTransaction": {"error": "execution reverted", "output": STF}}, "STF", "STF"),
        ({"debug_traceTransaction": {"output": "0x" + "2e" * 32}}, "UNREPRODUCED", "no reason"),
        (
            {
                "debug_traceTransaction": {"output": "0x" + "2e" * 32},
                "eth_call": Fault(3, "execution reverted", STF),
            },
            *("STF", "STF"),
        ),
        ({"debug_traceTransaction": {"error": "out of gas", "output": "0x"}}, "GAS", "gas limit"),
        (
            {"debug_traceTransaction": "away", "eth_call": Fault(3, "execution reverted", STF)},
            *("STF", "STF"),
        ),
        ({"debug_traceTransaction": Fault(-32_601, "no such method")}, "UNREPRODUCED", "no reason"),
        ({"debug_traceTransaction": [], "eth_call": "away"}, "UNREPRODUCED", "no reason"),
    ],
)
async def test_why_it_reverted(answers: dict[str, Any], reason: str, detail: str) -> None:
    names = {"STF": "TRANSFER_FAILED", "GAS": "OUT_OF_GAS", "UNREPRODUCED": "REVERTED"}
    settled = await settle(REVERTED, Nodes(**answers))
    assert (settled.state, settled.reason) == (TransactionState.REVERTED, names[reason])
    assert detail in settled.detail
    assert (settled.amount_in, settled.amount_out) == (None, None)


async def test_a_revert_is_not_settled_while_no_node_answers() -> None:
    nodes = Nodes(eth_call="away", eth_blockNumber="away")
    with pytest.raises(RpcUnavailable):
        await settle(REVERTED, nodes)


async def test_the_time_of_the_block_is_found_or_left_out() -> None:
    client = cast(RpcClient, Nodes(eth_getBlockByHash={"timestamp": "0x10"}))
    settled = await settlement_of(client, WALLET, SWAP, attempt(gas_limit=10**6), receipt())
    assert settled.block_time == datetime.fromtimestamp(16, UTC)
    in_log = receipt(PAID, SWAPPED | {"blockTimestamp": "0x11"})
    settled = await settlement_of(client, WALLET, SWAP, attempt(gas_limit=10**6), in_log)
    assert settled.block_time == datetime.fromtimestamp(17, UTC)
    for answer in ("away", None, {}, {"timestamp": "soon"}, {"timestamp": "0x" + "f" * 30}):
        client = cast(RpcClient, Nodes(eth_getBlockByHash=answer))
        settled = await settlement_of(client, WALLET, SWAP, attempt(gas_limit=10**6), receipt())
        assert settled.block_time is None


HEADER = {"number": "0xa", "hash": f"0x{10:064X}", "timestamp": "0x10", "baseFeePerGas": "0x7"}


@pytest.mark.parametrize(
    ("told", "elsewhere", "is_known"),
    [
        (receipt(), [], True),
        (receipt(transactionHash=None), [], True),
        (receipt(blockNumber=9, blockHash=f"0x{9:064X}"), [], True),
        (receipt(blockNumber=None), [receipt()], True),
        (receipt(blockNumber=None), [None, receipt(blockHash="0x")], None),
        (receipt(transactionHash=f"0x{5:064x}"), [], False),
        (receipt(blockNumber=None, blockHash=None), [], False),
        (None, [], False),
    ],
)
async def test_a_receipt_without_its_place_is_neither_there_nor_missing(
    told: Any, elsewhere: list[Any], is_known: bool | None
) -> None:
    nodes = Nodes(
        elsewhere,
        eth_getBlockByNumber=HEADER,
        eth_maxPriorityFeePerGas="0x1",
        eth_getTransactionCount="0x8",
        eth_getTransactionReceipt=told,
    )
    client = cast(RpcClient, nodes)
    view = await read_details(client, await read_head(client, WALLET), [SWAP])
    key = attempt().tx_hash
    assert view.head_hash == f"0x{10:064x}"
    assert (key in view.receipts) == bool(is_known)
    assert (key in view.unreadable) == (is_known is None)
    if is_known:
        assert view.receipts[key]["blockNumber"] == "0x9"
        assert view.receipts[key]["blockHash"] == f"0x{9:064x}"


def test_an_allowance_is_in_doubt_unless_all_went_as_projected() -> None:
    approval = transaction(
        purpose=TransactionPurpose.APPROVAL,
        description={"token": USDC.address, "spender": ROUTER, "amount": "5"},
    )
    done = Settlement(TransactionState.SUCCEEDED, amount_in=AMOUNT_IN)
    assert allowance_in_doubt(SWAP, done) is None
    assert allowance_in_doubt(approval, Settlement(TransactionState.SUCCEEDED)) is None
    for one, settlement in (
        (SWAP, Settlement(TransactionState.SUCCEEDED, amount_in=AMOUNT_IN - 1)),
        *((SWAP, Settlement(state)) for state in (TransactionState.REVERTED,)),
        (SWAP, Settlement(TransactionState.CANCELLED)),
        (approval, Settlement(TransactionState.REVERTED)),
        (approval, Settlement(TransactionState.NONCE_TAKEN)),
    ):
        assert allowance_in_doubt(one, settlement) == (USDC.address, ROUTER)
