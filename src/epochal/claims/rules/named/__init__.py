"""Rules with a name: short ways to write rules that are made of parts."""
