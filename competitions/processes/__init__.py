"""The processes that make up a running site on one machine."""
