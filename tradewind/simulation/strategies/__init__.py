"""Functions that say when to trade: found by entry point, checked, and never allowed to look ahead."""
