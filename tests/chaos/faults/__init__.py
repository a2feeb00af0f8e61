"""The faults to inject, by what they affect; the platform they are injected into is elsewhere."""
