"""What trading knows, shared by roles: prices, chain, wallet and tokens; no role is in here."""
