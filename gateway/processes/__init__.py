"""Several processes on one port: one answers requests, the others serve what it hands to them."""
