"""The journal: one SQLite file that every finished training goes into at once.

`schema` opens the file and says in one line why it cannot; `file` makes transactions; `arrays`
turns `Runs` into bytes and back; `leases` lets many processes share the work; `log` says what
happened when; `store` is the `Journal` itself, and `units` what it is asked about.
"""

from epochal.journal.store import Journal
from epochal.journal.units import Row, Session, Take, Unit

__all__ = ["Journal", "Row", "Session", "Take", "Unit"]
