"""Exact joint assignment: all waiting tasks and all free people of a round, solved together, with a proof.

Theory of operation
-------------------
One task at a time, each taking its best person, is greedy: the first task takes the one person the second needed. Solving all of them
together is a linear program, the assignment problem, whose solutions are whole by themselves:

    maximise  sum gain(t, o) x(t, o)   with  each task at most once, each person at most capacity times.

Its dual puts a price on every person and asks for the cheapest prices at which nobody is better off with another. Both have the same
value at the optimum, so a set of prices is a proof, checked by code that does not know how the assignment was found (`certificate`). The
prices are useful in themselves: a person's price says what one more place with them would bring, scarce specialists are dear.

`solving.solve` is the door. It takes the lightest method that proves its answer:

* `single`: nobody competes, each task has its own best person;
* `dense`: shortest augmenting paths over all pairs (`dense`, on the kernel of `kernel`), up to 25,000 pairs;
* `sparse`: prices first, then paths over the few pairs that they leave in question (`sparse`);
* `greedy`: first come, first served, beyond a stated number of pairs; the answer says so and names the proven gap.

Measured on one thread, contended instances with 25 % eligible pairs, milliseconds (`sharedops bench match` on a busy machine):

| tasks x people | solved | scipy, all pairs |
|---|---|---|
| 3 x 10 | .04 | .04 |
| 50 x 200 | .7 to .9 | .4 |
| 256 x 600 | 8 | 20 |
| 500 x 1,000 | 22 | 122 |
| 1,000 x 5,000 | 40 | 740 |

The prices and the proof are in our figures and not in scipy's.

Memory that a process gains by it: 1.3 MB up to 50 x 200, 6.4 MB up to 500 x 1,000.

Refused: ortools (holds protobuf below 7), numba for lists and certificate (1.4 s and 102 MB to import), a network simplex of our own.
"""
