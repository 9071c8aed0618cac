"""The steps of `prikke install`, one module each."""
