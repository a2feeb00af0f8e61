"""A model of claims and settlement, explored state by state; `python -m` runs the large one."""
