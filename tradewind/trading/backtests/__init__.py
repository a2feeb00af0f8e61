"""What back-tests leave behind in PostgreSQL: slices, curves, trades, ends, sweeps."""
