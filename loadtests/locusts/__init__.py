"""Load tests with Locust: who runs where, what crosses from one process to the next, and how a run comes to its verdict.

Processes. Locust lives on gevent, whose patches replace threads, sockets and selectors of its process. Everything here that speaks gRPC
(`branch`, `desks`, `watch`, `preparation`) is asyncio on grpc.aio. So the two do not share a process::

    locust (master, or alone)          locust --worker, once or more
      play.py: shape, places, verdict    locustfile.py: one greenlet a user, which sleeps
        | prepare, read back: a            link.py: one pair of pipes
        | process of its own each            | orders down, what was measured up
        v                                    v
      preparing.py, reading_back.py      clients.py: the users' clients, all in one loop of asyncio

Measured with the pinned versions, a bare CreateTask with 32 under way, CPU of the client alone: grpc's own gevent support with blocking
stubs 197 to 227 us a call; grpc.aio in a process of its own 96 to 122 us; grpc.aio in a thread beside gevent never answers, since its
poller, started with a patched `threading`, becomes a greenlet that nobody runs. gevent would also have needed every client written a second
time. A process of its own also keeps Locust's bookkeeping out of the measured waits.

A user is a client with a place (`places.py`): a branch system that makes tasks one by one, in batches or on a stream; a branch's watch on its
events; a provincial workbench; one operator's desk; somebody of operations. The master hands places out, so that no two processes seat the
same operator, and numbers them; ids are made of the run's id, the number of the place and a count, so they cannot collide.

A branch system makes tasks at a steady mean rate, and a shape (`shapes.py`) changes how many there are. Desks are there from the beginning to
the end; their pace is set so that they keep up with the top of the shape (`staffing.py`).

The verdict. When the shape is over the branch systems stop, what they have under way is repeated until it is answered, and the desks go on
until nothing is open. Then the master collects what each process was acknowledged (`ledger.py`), reads it back over the wire, compares
(`findings.py`) and judges (`verdict.py`).

Bounds: 100 creations under way per branch system, 40,000 acknowledged tasks and as many decisions remembered per process (of more, a share
by the hash of their names, the same share everywhere), 2,500,000 events read back, 100 operators on one workbench, 1,000 rows a report.

CPU, estimated before the first run: a task costs its clients a creation (100 us alone, 20 us on the stream), three actions on the work stream
(30 us each with what comes back), and five rows in Locust's statistics (15 us each): 200 to 300 us. Measured on two busy cores, six provinces,
two workers, 200 tasks a second at the top: 21.8 s for 7,766 tasks, that is 2.8 ms a task or 0.38 ms a row, with the start of all processes,
desks that beat for 90 s, six watches on all events, and the reading back. A run of many tasks needs a core for some hundreds a second.
"""
