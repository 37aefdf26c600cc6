"""What makes two runs the same run: digest of the setting, own code, engine code, environment.

Imports numpy and the ground floor; torch is asked for its version only when an environment is
observed. Begin with `digest`, then `environment`, then `usable`, which decides about a stored run.
"""
