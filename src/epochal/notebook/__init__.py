"""What a script or a notebook calls: `train` a setting, `judge` a claim; both print and draw.

Imports `matrix` and what lies below; matplotlib when something is drawn. Begin with `train`.
"""
