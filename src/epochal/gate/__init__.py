"""What moved: the committed baseline, and two measurements side by side.

Imports `judging` and what lies below. Begin with `baseline`, then `compare`.
"""
