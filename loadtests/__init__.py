"""Load tests, operators' desks and benchmarks: clients of the wire contract only."""
