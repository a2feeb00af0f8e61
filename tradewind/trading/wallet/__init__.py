"""The transaction journal: one step of a plan, one nonce of a wallet, for ever (design section 7).

The only identity a swap has on chain is (chain, address, nonce). What is decided about a step is
decided once, in one transaction, before anybody hears of it; what is signed is kept before it is
sent, and only bytes read back from here are ever sent.
"""
