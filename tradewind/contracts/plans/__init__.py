"""How an intent will be executed: the plan, its events, life and document."""
