"""Models that judge a signal: one port, an adapter for each protocol that vendors speak."""
