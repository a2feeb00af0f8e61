"""Decodes the reason of a revert from the data that the contract returned."""

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from tradewind.trading.chain.custom_errors import name_of
from tradewind.trading.chain.hexadecimal import keccak256, parse_data
from tradewind.trading.chain.json_rpc import Fault

ERROR_SELECTOR = keccak256(b"Error(string)")[:4]
PANIC_SELECTOR = keccak256(b"Panic(uint256)")[:4]
REVERT_CODE = 3
REVERT_PREFIX = "execution reverted"
MAX_SHOWN_DATA_CHARACTERS = 74
NO_REASON = "no reason given"


def is_revert(fault: Fault) -> bool:
    """Return whether a fault means that the contract reverted."""
    return fault.code == REVERT_CODE or fault.message.lower().startswith(REVERT_PREFIX)


def revert_reason(fault: Fault) -> str:
    """Return a readable reason: the contract's text, a panic code, or the raw data."""
    decoded = decode_revert(_revert_data(fault))
    if decoded == NO_REASON:
        text = fault.message[len(REVERT_PREFIX) :].strip(": ") if is_revert(fault) else ""
        return text or NO_REASON
    return decoded


def decode_revert(data: bytes) -> str:
    """Decode revert data; custom errors that are not widespread stay hexadecimal."""
    try:
        if data.startswith(ERROR_SELECTOR):
            return str(decode(["string"], data[4:])[0])
        if data.startswith(PANIC_SELECTOR):
            return f"panic {decode(['uint256'], data[4:])[0]:#x}"
    except (DecodingError, UnicodeDecodeError):
        pass
    named = name_of(data)
    if named is not None:
        return named
    return f"0x{data.hex()}"[:MAX_SHOWN_DATA_CHARACTERS] if data else NO_REASON


def _revert_data(fault: Fault) -> bytes:
    data = fault.data["data"] if isinstance(fault.data, dict) and "data" in fault.data else None
    try:
        return parse_data(data or fault.data)
    except ValueError:
        return b""
