"""Real faults against the real system under load, with a history of every operation that is checked afterwards.

The long run, `python -m loadtests.chaos` (docs/chaos.md says how to read its report):

| file | what it does |
|---|---|
| `run` | one run from the first process to the verdict |
| `schedule` | which fault begins when, where and for how long; what each kind is allowed |
| `storm` | carries the schedule out and measures recoveries |
| `faults` | how each kind is done to the system, and undone |
| `proxy` | the cable that can be pulled |
| `branches`, `workbenches`, `staff` | the load: branch systems, desks, operations staff |
| `calls` | calls that are repeated, and remembered so that they can be sent again |
| `history` | what the clients asked and were told |
| `journals` | what the journals say in the end, asked over the wire |
| `check`, `availability` | the comparison of the two |
| `rest` | when nothing moves any more |
| `report` | the verdict, as JSON and Markdown |

Single rows of docs/live-faults.md, each a command of its own: `freeze`, `site_outage` (seen through `takeover`), `coordinator_kill`,
`false_alarms`, `supervision`, `disk` (by `probe`), `clock` (by `leases`), `damage`, `backups`, `drills` (ten failover drills
in a row, by the command). Each is played on a `stage` and ends with its `findings`.

Both stand on `system` (`sharedops serve` as a child), `processes` (who is who below it) and `provinces` (the option of that name).
"""
