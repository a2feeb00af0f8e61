"""What logs and receipts say about a wallet, beside what its books have of them."""

from typing import Any

import pytest

from actors.treasury.evidence import (
    MAX_LOG_BLOCKS,
    MAX_NAMED_NONCES,
    foreign_nonces,
    kept_parts,
    movements_of,
    read_costs,
    read_transfers,
    traded,
    unknown_costs,
)
from tradewind.trading.chain.erc20 import TRANSFER
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable
from tradewind.trading.chain.json_rpc import Call, Fault
from tradewind.trading.chain.log_ranges import LogQuery
from tradewind.trading.treasury.records import NATIVE, Counted

WALLET = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
OTHER = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
TOKEN, SECOND = (
    "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48",
    "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
)
OURS, THEIRS = "0x" + "a" * 64, "0x" + "b" * 64


def swapped(nonce: int = 0, **changes: Any) -> Counted:
    """Return a swap of 100 of a token for 7 of another one, which cost 5 wei."""
    said = Counted(nonce, "swap", "succeeded", True, OURS, 9, 5, 100, 7, TOKEN, SECOND, "")
    return said._replace(**changes)


def log(sender: str, receiver: str, value: int, tx_hash: str, **changes: Any) -> dict[str, Any]:
    words = ["0x" + one[2:].lower().rjust(64, "0") for one in (sender, receiver)]
    return {
        "address": TOKEN.lower(),
        "topics": [TRANSFER.topic, *words],
        "data": f"0x{value:064x}",
        "transactionHash": tx_hash,
        "blockNumber": "0x9",
        "logIndex": "0x1",
    } | changes


class Node:
    """A node with some logs, told by the field that is the wallet, and some receipts."""

    def __init__(self, outgoing: Any = (), incoming: Any = (), receipts: Any = ()) -> None:
        self.answers = [outgoing, incoming]
        self.receipts = list(receipts)
        self.queries: list[LogQuery] = []

    async def logs(self, query: LogQuery) -> Any:
        self.queries.append(query)
        answer = self.answers[0 if query.indexed[0] is not None else 1]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def batch(self, calls: list[Call]) -> Any:
        return self.receipts


async def transfers(node: Node) -> Any:
    return await read_transfers(node, WALLET, [TOKEN], 1, 9)  # type: ignore[arg-type]


async def test_transfers_are_those_of_the_wallet_each_once() -> None:
    both = log(WALLET, WALLET, 3, THEIRS, logIndex="0x4")
    node = Node(
        [log(WALLET, OTHER, 5, THEIRS), both],
        [log(OTHER, WALLET, 8, THEIRS, logIndex="0x2"), both],
    )
    found = await transfers(node)
    assert sorted(one.amount for one in found) == [-5, 8]
    assert {(one.token, one.counterparty) for one in found} == {(TOKEN, OTHER)}
    assert [query.addresses for query in node.queries] == [(TOKEN,)] * 2


@pytest.mark.parametrize(
    "strange",
    [
        {"topics": [TRANSFER.topic, *["0x" + "0" * 64] * 3], "data": "0x"},
        {"topics": [TRANSFER.topic]},
        {"data": "0x" + "00" * 64},
        {"data": "0x" + "ff" * 32},
    ],
)
async def test_what_only_resembles_a_transfer_moves_nothing(strange: dict[str, Any]) -> None:
    assert await transfers(Node([log(WALLET, OTHER, 5, THEIRS, **strange)])) == []


async def test_logs_that_are_refused_explain_nothing_and_nonsense_is_a_silent_node() -> None:
    assert await transfers(Node(RpcRefused("no logs"))) == []
    for nonsense in ({"data": "zz"}, {"transactionHash": None, "logIndex": None}, {"topics": 7}):
        with pytest.raises(RpcUnavailable):
            await transfers(Node([log(WALLET, OTHER, 5, THEIRS, **nonsense)]))


async def test_more_blocks_than_anybody_reads_leave_no_evidence() -> None:
    node = Node([log(WALLET, OTHER, 5, THEIRS)])
    blocks = (0, MAX_LOG_BLOCKS + 1)
    assert await read_transfers(node, WALLET, [TOKEN], *blocks) == []  # type: ignore[arg-type]
    assert node.queries == []


async def test_movements_are_what_the_books_do_not_have() -> None:
    """Given our swap, what it moved is known; what it moved beyond that is not."""
    node = Node(
        [log(WALLET, OTHER, 100, OURS), log(WALLET, OTHER, 2, THEIRS, logIndex="0x3")],
        [log(OTHER, WALLET, 9, THEIRS, logIndex="0x2")],
    )
    found = movements_of(await transfers(node), [swapped()], [])
    ((movement,),) = found.values()
    assert (movement.amount, movement.tx_hash) == (7, THEIRS)
    beyond = movements_of(await transfers(node), [swapped(amount_in=90)], [(TOKEN, THEIRS)])
    ((movement,),) = beyond.values()
    assert (movement.amount, movement.tx_hash) == (-10, OURS)
    assert "nonce 0" in movement.evidence


async def test_costs_are_what_receipts_say_beyond_the_journal() -> None:
    receipt = {"gasUsed": "0x2", "effectiveGasPrice": "0x3", "l1Fee": "0x4"}
    counted = [swapped(), swapped(1, tx_hash=THEIRS, fee_wei=None)]
    node = Node(receipts=[receipt, receipt | {"l1Fee": None}])
    found = await read_costs(node, counted, [])  # type: ignore[arg-type]
    assert [one.amount for one in found] == [-5, -6]
    assert unknown_costs(counted) == {THEIRS}
    silent = Node(receipts=[None, Fault(0, "no")])
    assert await read_costs(silent, counted, []) == []  # type: ignore[arg-type]
    booked = [(NATIVE, OURS), (NATIVE, THEIRS)]
    assert await read_costs(silent, counted, booked) == []  # type: ignore[arg-type]


def test_what_transactions_say_of_themselves() -> None:
    counted = [
        swapped(3, detail="97 base units arrived, the pools paid out 100"),
        swapped(4, state="reverted", amount_in=None, amount_out=None),
        swapped(6, state="nonce_taken", tx_hash=None, fee_wei=None),
    ]
    assert foreign_nonces(counted, 3, 7) == [5, 6]
    assert len(foreign_nonces(counted, 0, 2**62)) == MAX_NAMED_NONCES
    assert list(kept_parts(counted)) == [SECOND]
    assert traded(counted) == {NATIVE: 10, TOKEN: 100, SECOND: 7}
