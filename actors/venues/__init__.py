"""Where swaps are executed: the venue contract and the venues that keep it."""
