"""What a run will take before it starts: rates, rounds of seeds, and a simulated schedule.

Start reading at `plan`. The room trains nothing.
"""
