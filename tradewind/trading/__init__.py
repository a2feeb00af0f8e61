"""Trading code that roles share: pricing, chain, wallet and tokens; the roles are in `actors`."""
