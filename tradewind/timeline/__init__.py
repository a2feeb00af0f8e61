"""The time machine: how everything stood after any event of the ledger, and what caused what."""
