"""The things of the API and their fields, as CONTRACT has them, a module for each subject."""
