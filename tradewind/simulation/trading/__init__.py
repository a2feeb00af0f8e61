"""What becomes of an order in a run: size, limits, plan, fill, portfolio."""
