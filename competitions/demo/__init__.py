"""The contests that ship with Tidemark: simulated scenes, real coastline, one real table."""

SLUGS = ("sea-ice-hokkaido", "coastline-hh", "diabetes-progression", "sea-ice-programs")
