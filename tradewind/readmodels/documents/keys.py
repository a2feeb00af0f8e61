"""The keys in Redis that belong to no single read model; `ReadModel` and `Index` make the others.

A document's key is part of the public contract, so its incarnation is in the value, where the
version gate compares it. An index carries the incarnation in its key.
"""

from typing import Final

MARK_KEY: Final = "projection"
KEPT_PREFIX: Final = "kept:"
"""Before the key of a document: the state that whoever takes over goes on folding from."""
REBUILD_KEY: Final = "rebuild"
"""While this key exists a rebuild is running, and readers answer from the ledger."""
