"""What moved: the committed baseline, verdicts, how nets learn.

Imports `judging` and what lies below. Begin with `baseline` and `compare`, then `drift`.
"""
