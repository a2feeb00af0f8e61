"""Keys of the gateway's callers: what they may do, how they look, how they sign, where they are."""
