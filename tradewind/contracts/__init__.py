"""The language every process shares: ids, envelope, topics, payload models, lifecycles.

Pure: nothing here does I/O, reads a clock or draws a random number.
"""
