"""Documents of any kind in Redis and from the ledger: keys, the version-gated write, Lua scripts.

Not in here: what a single kind contains (`models/`), and when it is written (`projection/`).
"""
