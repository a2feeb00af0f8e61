"""What chain, ledger, stream and journal say of a wallet's orders, and the audit of it."""
