"""The journal: one SQLite file that every finished training goes into at once.

Imports sqlite3 and `experiments`, no torch, so that everybody can read it. Begin with `units`, what
it is asked about, then `store`, the `Journal` itself.
"""
