"""Load tests and benchmarks of a whole platform; no test of correctness is here."""
