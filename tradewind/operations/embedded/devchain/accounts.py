"""The accounts of the dev chain: anvil's well-known development accounts.

Their keys derive from the public phrase "test test … junk" and are printed in anvil's manual.
Anyone can spend what they hold on another chain.
"""

from typing import Final

TRADER: Final = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""Development account 0: trades, funded with every token, its first nonce is 0."""
TRADER_KEY: Final = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
LIQUIDITY_PROVIDER: Final = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"
"""Development account 9: owns the positions of every pool."""
