"""One swap in one pool, in Rust and in Python; which pools to use is decided in `routes`."""
