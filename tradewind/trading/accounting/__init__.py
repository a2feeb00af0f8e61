"""The accounts of portfolios: fills, positions and the entries behind them, from the ledger."""
