"""Benchmarks: `make bench`, or `python -m bench` in an environment that holds pasvar."""
