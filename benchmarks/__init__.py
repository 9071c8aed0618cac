"""Measures the figures of speed and memory that Prikke promises; `python -m benchmarks`."""
