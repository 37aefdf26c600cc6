"""The command line: a file for each group of commands, none of which trains.

Imports `report` and what lies below, never torch. Begin with `parser`.
"""
