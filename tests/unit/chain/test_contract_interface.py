"""Selectors, topics and codings against values every block explorer shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.trading.chain import erc20, uniswap_v3
from tradewind.trading.chain.contract_interface import Event, EventField, Function, Read
from tradewind.trading.chain.hexadecimal import parse_data, parse_quantity, to_data, to_quantity
from tradewind.trading.chain.json_rpc import Fault
from tradewind.trading.chain.reverts import decode_revert, is_revert, revert_reason

OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
TOKEN = "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"
STF = (
    "0x08c379a0"
    "0000000000000000000000000000000000000000000000000000000000000020"
    "0000000000000000000000000000000000000000000000000000000000000003"
    "5354460000000000000000000000000000000000000000000000000000000000"
)
OVERFLOW = "0x4e487b71" + "11".rjust(64, "0")


TRANSFER = Event(
    "Transfer",
    (
        EventField("from", "address", indexed=True),
        EventField("to", "address", indexed=True),
        EventField("value", "uint256"),
    ),
)


@pytest.mark.parametrize(
    ("function", "selector"),
    [
        (erc20.BALANCE_OF, "70a08231"),
        (erc20.APPROVE, "095ea7b3"),
        (uniswap_v3.SLOT0, "3850c7bd"),
        (uniswap_v3.GET_POOL, "1698ee82"),
        (uniswap_v3.EXACT_INPUT_SINGLE, "414bf389"),
        (uniswap_v3.EXACT_INPUT_SINGLE_02, "04e45aaf"),
        (uniswap_v3.MULTICALL_BEFORE, "5ae401dc"),
        (uniswap_v3.QUOTE_EXACT_INPUT_SINGLE, "c6a5026a"),
    ],
)
def test_selectors(function: Function, selector: str) -> None:
    assert function.selector.hex() == selector


def test_topics() -> None:
    assert TRANSFER.topic.startswith("0xddf252ad1be2c89b")
    assert uniswap_v3.SWAP.topic.startswith("0xc42079f94a6350d7")


def test_a_read_is_an_eth_call_and_addresses_come_back_checksummed() -> None:
    read = Read(TOKEN, Function("owner", ("uint256",), ("address", "int24")), (7,))
    (transaction, block) = read.call("0x10").params
    assert (read.call().method, block) == ("eth_call", "0x10")
    assert transaction == {"to": TOKEN, "data": to_data(read.function.encode(7))}
    words = OWNER[2:].lower().rjust(64, "0") + "f" * 64
    assert read.result("0x" + words) == (OWNER, -1)


def test_an_event_is_read_from_topics_and_data() -> None:
    word = OWNER[2:].lower().rjust(64, "0")
    log = {"topics": [TRANSFER.topic, f"0x{word}", f"0x{word}"], "data": f"0x{5:064x}"}
    assert TRANSFER.matches(log)
    assert not uniswap_v3.SWAP.matches(log)
    assert TRANSFER.decode(log) == {"from": OWNER, "to": OWNER, "value": 5}


@given(st.integers(min_value=0), st.binary())
def test_hexadecimal_round_trip(number: int, data: bytes) -> None:
    assert parse_quantity(to_quantity(number)) == number
    assert parse_data(to_data(data)) == data


@pytest.mark.parametrize("value", [5, "0x5", "0X5", "0x005"])
def test_every_spelling_of_a_quantity_is_read(value: object) -> None:
    assert parse_quantity(value) == 5


@pytest.mark.parametrize(
    "value", [None, -5, True, 5.0, "5", "ff", [], "0x", "0xzz", "0x-5", "0x1_0", " 0x5"]
)
def test_what_is_not_hexadecimal_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"0x|base 16"):
        parse_quantity(value)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(3, "execution reverted: STF", STF), "STF"),
        (Fault(3, "execution reverted", {"data": STF}), "STF"),
        (Fault(3, "execution reverted", OVERFLOW), "panic 0x11"),
        (Fault(3, "execution reverted", "0x12345678"), "0x12345678"),
        (Fault(3, "execution reverted", "0xd93c0665"), "EnforcedPause()"),
        (Fault(-32000, "execution reverted: Too little received"), "Too little received"),
        (Fault(3, "execution reverted", "0x"), "no reason given"),
    ],
)
def test_reasons_of_reverts(fault: Fault, reason: str) -> None:
    assert is_revert(fault)
    assert revert_reason(fault) == reason


@given(st.binary())
def test_no_revert_data_is_too_strange(data: bytes) -> None:
    for selector in (STF[2:10], OVERFLOW[2:10], ""):
        assert decode_revert(bytes.fromhex(selector) + data)
