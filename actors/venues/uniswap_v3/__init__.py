"""The venue that swaps on Uniswap V3; JSON-RPC and the transaction journal are in `trading`."""
