"""Prikke: scheduled HTTP requests, decided in PostgreSQL and delivered on time."""

__version__ = "0.1.0"
