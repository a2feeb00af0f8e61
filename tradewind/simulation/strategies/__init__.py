"""Functions that say when to trade: found by entry point, and never allowed to look ahead."""
