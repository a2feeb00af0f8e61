"""Holds dead letters and the reasons for quarantine; no event of an intent's history is here."""
