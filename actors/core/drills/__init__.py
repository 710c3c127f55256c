"""Failover drills: what may be practised, how a drill goes through its life, and what is reported of it. Pure.

Theory of operation
-------------------
* A drill's life is events in the hq journal (`record`): created, started, phases, ended. Whoever coordinates next goes on where the last
  one stopped, or cleans up: a drill lives in no process.
* The coordinator's shell (`actors.drilling`) only does what `steps.next_step` says: strike, wait, lift, measure.
* A fault is carried by the one whom it befalls, and ends there by its own clock: a gateway does not hear a province's desks for so many
  seconds, an actor kills or stops itself. So an aborted drill, and one that everybody has forgotten, heals by itself.
* Nothing is measured while it happens. When all is over the journals of the provinces are read from some minutes before the fault to the
  end (`measuring`), so every figure of the report comes from what really happened, and "before" costs no waiting.

Refused: a runner in the command or in a gateway. Both may be what the drill kills, and a drill whose command was interrupted would stay.
Refused: killing by process id from outside. A number may belong to somebody else by the time of the kill; nobody kills the wrong one
by killing himself.
"""
