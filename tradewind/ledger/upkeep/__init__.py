"""What keeps the ledger complete: ingress journal, stalled histories, what was set aside."""
