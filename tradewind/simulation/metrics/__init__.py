"""`metrics@1`: what a run is judged by, defined in docs/contracts/metrics.md."""
