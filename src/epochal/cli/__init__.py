"""The command line: a file for each group of commands.

Imports `notebook` and what lies below; torch only when a command trains. Begin with `parser`.
"""
