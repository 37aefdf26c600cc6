"""What moved: the committed baseline, verdicts, how nets learn, how long an epoch takes.

Imports `judging` and what lies below. Begin with `baseline` and `compare`, then `drift`, then
`timing`; `trial` and `selftest` try the gate itself.
"""
