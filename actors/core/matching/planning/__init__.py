"""What the planner remembers between calls, each piece bounded: estimates, work in hand, pools, how long tasks were left."""
