"""What the journal has taught: decayed, shrunk sums about people, kinds and provinces, fed by events alone.

Theory of operation
-------------------
* `cells` names every number that is kept; `decay` is how it forgets; `storage` is where it lies; `tables` puts all tables of a province
  together (`Statistics`, a part of `ProvinceState`); `recollection` remembers who dealt with a customer or a case.
* `learning_*` change the cells. One function a type of event, called by `applying` and by nobody else, so a replay does the same additions
  in the same order and ends with the same bits; `image` is how a snapshot holds those bits.
* `reading` gives the numbers as of a minute, shrunk towards what is known of larger groups (`shrinkage`); `standing` is what of people stands
  for the minute, `group` what people's numbers are drawn to here, `priors` what provinces tell each other for that. What is worked out of
  people's records is in `matching.views`.

Whatever is read is a pure function of the events and the minute asked for. Nothing here looks at a clock, and reading changes nothing.
"""
