"""Market data of a provider of perpetual futures: the port, Hyperliquid's client, its weight."""
