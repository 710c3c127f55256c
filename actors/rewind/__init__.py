"""What a journal tells of a task's past: who got it when and why, made once more from the frames.

Theory of operation
-------------------
Memory holds the present only. A question about the past is answered from the journal, by a process of its own (``python -m actors.rewind``):
it opens the journal read-only, finds the frames that mention the task (the id's bytes must be in the payload, so nearly all frames are
passed over undecoded), rebuilds the state as of the decision's round from the newest snapshot before it, and holds the round again.

The province's loop only starts the process and waits (`queue`): one at a time, so that a rewind never takes more than one core, a few may
queue, and what takes too long is given up. Refused: rewinding in the actor itself (replay runs at some 100,000 events a second, so a long way
back would stall every task of the province), and keeping candidates with every decision (100 KB a task).

| module | content |
|---|---|
| `errand` | what is asked, and the reading itself |
| `queue` | the province actor's side |
"""
