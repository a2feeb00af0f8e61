"""Other tools' back-tests of the EMA cross, each run in an environment of its own.

Nothing of the product imports them or is imported by them: `python -m
loadtest.bench.backtest_peers.NAME CANDLES ROUNDS` reads prices from a file of numpy and prints what
it measured as JSON. All are long only, put all in and take all out, decide at a close, execute at
the next open, and take 10 millionths of what is traded as a fee.
"""
