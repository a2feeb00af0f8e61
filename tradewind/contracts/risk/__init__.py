"""Holds risk's decisions on an intent and the limits it checks; the intent is in `intents`."""
