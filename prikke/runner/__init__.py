"""A process that claims due executions, delivers them, and reports what came of it."""
