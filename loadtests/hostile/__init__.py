"""Hostile messages: what anybody who reaches the port could send, in numbers, against the real gateway.

`python -m loadtests.hostile --help` says how to run it. The campaign knows the contract from its descriptors alone, so a new method is
attacked from the day it exists.

| file | what it does |
|---|---|
| `methods` | every method there is, and a valid message for each |
| `messages` | families of wrong, mutilated and malicious bytes made from it |
| `callers` | who claims to send them: nobody, forgers, other branches |
| `sending` | one attack over the wire, and what came back |
| `streams` | replayed, interleaved, half-closed and reset streams |
| `connections` | sockets that say nothing, or nonsense, or reset as fast as they can |
| `honest` | a client beside it all that must be served all the time |
| `tally` | what was answered, and whether an answer told what it must not |
| `campaign` | all of it, bounded in number and time, and the verdict |

Refused: a fuzzer of HTTP/2 frames. That layer is gRPC's own and is fuzzed by its makers; ours begins at the message and its metadata.
"""
