"""A model of the whole write path, explored state by state; `python -m` runs the large one."""
