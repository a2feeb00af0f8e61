"""The books of wallets: what each should hold by its transactions, and what was made of drifts."""
