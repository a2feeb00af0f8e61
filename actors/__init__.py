"""The roles that process events, a package each, and their venues; no role imports another."""

import tradewind  # noqa: F401 - before libraries, which it lets import lean
