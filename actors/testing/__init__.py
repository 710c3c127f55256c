"""A whole country in one process: virtual time, a lossy network, provinces that die, and witnesses that forget nothing.

The rules (`actors.core`) and the commit loop are the real ones; only clock, disk and network are played. A seed says everything that
happens, so a failure is replayed with one command.

`run` the command; `country` all of it together; `clock` time as a list of things to do; `chance` seeded draws; `network` loses, doubles,
delays; `disk` what a write has come to; `site` one province's process over its disk; `headquarters` the coordinator; `gateways`, `portal` what
stands between clients and provinces; `people` operators at their desks; `branch` the system that sends the work; `auditor` who reviews it;
`roster` who and what there is; `plain_scoring` who suits whom in seeds that are about something else; `storm` how a seed treats them; `fate` what
befalls them; `witness` what must hold; `coverage` what was reached; `mutants` planted bugs.

Beside the simulator lies what real systems are tested with: `live_faults` lets a running province obey a file of faults, `history` writes
years of real work in minutes, `zombie` wakes a stopped process beside its successor, `damage` damages journals in nine ways.
"""
