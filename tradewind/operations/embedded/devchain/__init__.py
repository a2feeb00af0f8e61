"""A chain for development and tests: anvil with the real Uniswap V3 contracts and liquid pools.

Every contract and token has its address of Ethereum main net, so token file, addresses and
intents are the same for the dev chain, a fork and main net; only the chain id differs, and a
signature for one is void on the other.
"""
