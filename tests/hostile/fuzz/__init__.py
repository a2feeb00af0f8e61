"""Random requests and frames, the same for the same seed."""
