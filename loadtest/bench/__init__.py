"""Benchmarks of Tradewind beside its peers: `python -m loadtest.bench --help`."""
