"""What people read: the pages, the pictures, the terminal's text.

Imports `gate` and what lies below; matplotlib is imported by the files that draw, when they draw.
Begin with `pages`, then `text`.
"""
