"""A log of real work played again in virtual time, with other ways of deciding who does what.

`log` reads rows into items of work, `people` derives from them who was on duty when, who does which kind and how quickly, `engine` plays
arrivals, completions and duty against a dispatcher, `dispatchers` are the ways to compare with, `loading` moves arrivals to a
stated load, `comparison` plays every way once a seed, `measures` sums up. Nothing here reads a file or a clock.
"""
