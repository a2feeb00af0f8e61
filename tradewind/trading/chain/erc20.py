"""The functions and events of ERC-20 tokens, and of wrapped ether."""

from typing import Final

from tradewind.trading.chain.contract_interface import Event, EventField, Function

BALANCE_OF: Final = Function("balanceOf", ("address",), ("uint256",))
DECIMALS: Final = Function("decimals", (), ("uint8",))
ALLOWANCE: Final = Function("allowance", ("address", "address"), ("uint256",))
APPROVE: Final = Function("approve", ("address", "uint256"), ("bool",))
TRANSFER_TO: Final = Function("transfer", ("address", "uint256"), ("bool",))
TRANSFER_FROM: Final = Function("transferFrom", ("address", "address", "uint256"), ("bool",))
DEPOSIT: Final = Function("deposit")
TRANSFER: Final = Event(
    "Transfer",
    (
        EventField("from", "address", indexed=True),
        EventField("to", "address", indexed=True),
        EventField("value", "uint256"),
    ),
)
"""Some tokens index fewer of the fields, or all of them; the first topic is the same."""
