"""What a token costs and what a swap yields: router, snapshots, prices, the simulated market.

Shared by risk, planner and venues, which may not import each other (docs/adr/004).
"""
