"""The audit of a wallet's orders in chain, ledger, stream and journal; no product code is used."""
