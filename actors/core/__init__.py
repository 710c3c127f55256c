"""The rules of dispatching, as pure functions of state, command and time.

Theory of operation
-------------------
A province is a deterministic machine. `province.Province.handle` takes one command and an instant, decides which events follow
(or refuses, with a reason), applies them to the state and remembers them for the frame that is being built. Nothing here reads a
clock, a file or a socket, so the same code runs live in an actor, in the fault simulator and in a what-if study, and replaying the
events of a journal gives the same state, bit for bit.

Two kinds of state, never mixed:

* hard state (`state.ProvinceState`) changes only through `apply` of an event; it is what the journal can rebuild;
* soft state (`presence.Presence`, `outbox.Outbox`) is what a restarted province may forget: who was heard when, what was sent when.

Where to find what
------------------
`task` the task and its state machine as a table; `operators` people; `country` kinds, lines and province settings; `commands`,
`events`, `replies` the whole vocabulary; `queue` the order of waiting; `matching` who gets which task; `state` what a province knows and `applying` how each event changes it; `lifecycle`, `desk`,
`administration`, `moves`, `clockwork` the decisions, one file a subject; `sharing` between provinces; `outage` is the site dead?;
`ledger` who owes whom; `invariants` what must always hold.
"""
