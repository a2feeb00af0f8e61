"""The venue contract and the venues that implement it; no venue decides what is traded."""
