"""What providers of market data say: candles, order books and the state of perpetual contracts."""
