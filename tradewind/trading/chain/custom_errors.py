"""Names the custom errors that widespread token libraries revert with.

Revert data carries a selector and no name, so an error can only be named that is known beforehand.
"""

from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from tradewind.trading.chain.hexadecimal import keccak256

SELECTOR_BYTES: Final = 4

SIGNATURES: Final = (
    # OpenZeppelin 5: Pausable, ERC20, access control, SafeERC20
    "EnforcedPause()",
    "ExpectedPause()",
    "ERC20InsufficientBalance(address,uint256,uint256)",
    "ERC20InsufficientAllowance(address,uint256,uint256)",
    "ERC20InvalidSender(address)",
    "ERC20InvalidReceiver(address)",
    "ERC20InvalidApprover(address)",
    "ERC20InvalidSpender(address)",
    "OwnableUnauthorizedAccount(address)",
    "AccessControlUnauthorizedAccount(address,bytes32)",
    "SafeERC20FailedOperation(address)",
    "ReentrancyGuardReentrantCall()",
    "FailedCall()",
    # Solady
    "InsufficientBalance()",
    "InsufficientAllowance()",
    "Unauthorized()",
    # names that several stablecoins and wrapped assets share
    "Paused()",
    "ContractPaused()",
    "TransfersPaused()",
    "Blacklisted(address)",
    "BlackListed(address)",
    "Blocked(address)",
    "AccountBlocked(address)",
    "AccountFrozen(address)",
    "InsufficientBalance(address,uint256,uint256)",
    "InsufficientAllowance(address,uint256,uint256)",
)


def _types(signature: str) -> tuple[str, ...]:
    inner = signature[signature.index("(") + 1 : -1]
    return tuple(inner.split(",")) if inner else ()


_BY_SELECTOR: Final = {
    keccak256(signature.encode())[:SELECTOR_BYTES]: (signature, _types(signature))
    for signature in SIGNATURES
}


def name_of(data: bytes) -> str | None:
    """Return a known error with its values, such as `AccountFrozen(0x…)`, or None."""
    known = _BY_SELECTOR.get(data[:SELECTOR_BYTES])
    if known is None:
        return None
    signature, types = known
    try:
        values = decode(types, data[SELECTOR_BYTES:])
    except DecodingError:
        return None
    shown = (f"0x{value.hex()}" if isinstance(value, bytes) else str(value) for value in values)
    return f"{signature[: signature.index('(')]}({', '.join(shown)})"
