"""Real faults against the real system under load, with a history of every operation that is checked afterwards."""
