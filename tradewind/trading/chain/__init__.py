"""How we talk to a chain: JSON-RPC with fail-over, contract interfaces, the state of pools.

A thin layer of our own, because a web3 contract call costs ten times a raw request.
"""
