"""Tidemark: competitions, people, records, pages and API."""
