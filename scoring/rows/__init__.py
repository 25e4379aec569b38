"""The rows of the table of metrics, a module for each family; scoring/registry.py puts them together."""
