"""A whole country in one process: virtual time, a lossy network, provinces that die, and witnesses that forget nothing.

The rules (`actors.core`) and the commit loop are the real ones; only clock, disk and network are played. A seed says everything that
happens, so a failure is replayed with one command.

`clock` time as a list of things to do; `network` loses, doubles, delays; `site` one province's process over its disk; `people` operators
at their desks; `branch` the system that sends the work; `roster` who and what there is;
`fate` what befalls them; `witness` what must hold; `country` all of it together.
"""
