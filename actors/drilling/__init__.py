"""Runs failover drills, in the coordinator: `runner` goes through their lives, `faults` makes and ends what they practise, `journals` measures.

What a drill is, and what it does when, is decided in `actors.core.drills`.
"""
