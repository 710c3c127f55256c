"""The dispatcher's heart: the pure core, the journal, the transport and the Ray shells around them.

Importing this package imports neither Ray nor gRPC, so that the core and the journal stay usable by themselves.
"""
