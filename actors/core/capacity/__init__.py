"""How much more work the same people could do if branches shared it: the country in virtual time, on a week of drawn work.

The question. Without sharing, a country keeps a certain share of its promises. With sharing it keeps more, so its load could be raised
until it keeps just as many: that extra load is capacity won without more people. And at the load as it is, by how much are tasks quicker?

The model. Time is minutes since the Monday on which it begins; tasks differ only in when they arrive and how long they take; people of a line are
alike. A line of business is played on its own, since nobody works on two:

* `branches` and `scenario` say what is assumed: 36 branches sized by the census, people, handle times, load, noise, faults;
* `drawing` draws numbers from a seed; `hours` says when a branch is open and who is on duty; `work` draws arrivals and sizes;
* `office` plays one branch's queue and people from event to event; `country` lets 36 of them run to the next picture, asks the
  product's own plan (`sharing.plan.plan_flows`) what should flow, and moves tasks; `picture` fills in what each branch says of itself;
* `measures` sums up, `raising` looks for the extra load, `study` does it all over seeds; `theory` holds the engine against queueing theory.

The bounds. One kind of work a line, of which a part must stay at home; a moved task is there at once (live: about a second) and is moved once;
handle times are known as means; nobody is sick, declines or makes mistakes; no overtime. The matching of person to task is left out on purpose:
what is measured is sharing alone. Refused: the simulator of `actors/testing`, which plays the whole protocol and its faults at some
thousand tasks a second; a million tasks a week, a dozen weeks a seed, would take it hours.

Back of the envelope. A week has some 0.9 million tasks: two events a task, one heap operation each, 1 us; so a week alone takes a second. A picture and
a plan of one line cost 0.3 to 1 ms; a picture a minute while most people are on duty makes 2,700 a line and week, 8,000 in all: 5 to 8 s. A
seed asks for two weeks alone and about a dozen shared: two minutes. Measured: 0.9 s a week alone, 9.4 s shared (2,400 to 2,700 plans a line, 1.1 ms
each), beside other work on one of two hyperthreads.
"""
