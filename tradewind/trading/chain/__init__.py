"""Access to a chain: JSON-RPC with fail-over, contract interfaces, pool state; no keys, no wallet.

A thin layer of our own, because a web3 contract call costs ten times a raw request.
"""
