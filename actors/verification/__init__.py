"""Checks every journal of a data directory against itself, against the others, and against what was said of it.

It reads what is on disk and believes nothing else. `directory.verify_directory` is the entry; the parts:

* `province`: one province. Its file (structure, page checksums, schema, the chain of frames), its events through the core's own appliers,
  which refuse what the state machine does not allow, its invariants, its anchor, its snapshots;
* `replayed`: the state that these events lead to, without the indexes that only decisions need;
* `stored`: the record table against what the frames give;
* `hq`: the headquarters, likewise;
* `country`: the provinces against each other: one owner and at most one decision a task, nothing lost, the ledger;
* `workers`: a process per core, each handed one journal after the other (`__main__` is such a process);
* `directory` puts them together, `report` is what comes of it.

What is found. Every change of a bit below the last anchor that changes anything that can be read: a page has its checksum, a frame its
hash, a record and a slice theirs, and on top each record and snapshot must be what the frames say. Frames deleted, reordered, put in from
elsewhere or cut off: by the chain, the stored head and the anchor. What is not found changes nothing that is read: a bit in a page that
SQLite has set free, one in the index files that are made anew at each opening (``-shm``), one in a part of a WAL that was carried over
already. Not found either is the loss of what came after the last anchor, at most about a second of frames, when the whole end of a WAL is
damaged: nothing outside the file knows of it yet.

It takes no lock and may run beside a working system. While one journal is read the first time, its WAL is not used again from the start,
so it grows by what is committed meanwhile. There a task may be seen leaving one province before its arrival at the other has been read,
therefore the journals are read on until they agree or nothing new comes.

What the events teach (`core.statistics`) is not learned again unless asked for (`is_thorough`): it is as much work as all the rest together.
Without it the statistics in a snapshot are believed if the snapshot's hashes are right; with it they must be what the frames teach.

Cost, measured: 6.7 us of CPU an event in one process with what belongs to it (0.8 records), and 6.8 to 8.4 in two that share a core; a third
is `apply`. Learning adds 7 to that. Memory: the open tasks of the provinces and some 200 bytes a record of one province.
"""
