"""Documents of any kind in Redis and from the ledger: keys, the version-gated write, the scripts.

Not in here: what any one of them says (`models/`), and who decides when it is written.
"""
