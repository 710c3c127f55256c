"""The gateway: gRPC services, wire and domain conversion, admission, console, the sharedops command."""
