"""One file for each resource, with its routes; rules and state are elsewhere."""
