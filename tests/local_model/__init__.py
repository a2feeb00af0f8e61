"""A real model on this machine, asked by the product's own adapter; see `make test-local-model`."""
