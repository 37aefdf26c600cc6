"""Versions of torch side by side: the first epochs of every claim, by one journal.

Imports `report` and what lies below. Begin with `smoke`, then `matrix`, then `page`.
"""
