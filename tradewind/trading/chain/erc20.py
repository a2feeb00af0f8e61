"""The functions and events of ERC-20 tokens, and of wrapped ether."""

from typing import Final

from tradewind.trading.chain.contract_interface import Function

BALANCE_OF: Final = Function("balanceOf", ("address",), ("uint256",))
DECIMALS: Final = Function("decimals", (), ("uint8",))
ALLOWANCE: Final = Function("allowance", ("address", "address"), ("uint256",))
APPROVE: Final = Function("approve", ("address", "uint256"), ("bool",))
DEPOSIT: Final = Function("deposit")
