"""What roles decide, on plain numbers: no events, no models, no clock, nothing to wait for.

Risk, planner and simulated venue call these functions and put what they say into payloads. Whoever
runs many decisions at once, such as a back-test, calls them without.
"""
