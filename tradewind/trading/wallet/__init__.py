"""The transaction journal of a wallet; not in here: nodes, keys, and what to do next (venues).

The only identity a swap has on chain is (chain, address, nonce), so a step of a plan is bound to
one nonce for good. The decision about a step is made once and committed before any event tells it.
Signed bytes are committed before they are broadcast, and only bytes read back from the journal are
broadcast: after a crash the same transaction is sent again, never a second one.
"""
