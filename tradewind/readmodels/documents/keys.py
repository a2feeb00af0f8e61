"""The keys in Redis that belong to no one read model; `ReadModel` and `Index` make the others.

Documents stand under the bare names the outside knows; their incarnation is inside, where the
version gate compares it. Indexes carry it in their key.
"""

from typing import Final

MARK_KEY: Final = "projection"
REBUILD_KEY: Final = "rebuild"
"""While it is there a rebuild is at work, and readers answer from the ledger."""
