"""History that is fetched rather than imported: from a provider, and from a chain's node."""
