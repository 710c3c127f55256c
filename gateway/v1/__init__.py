"""Generated stubs of the wire package sharedops.v1. Importing them imports no other part of the project."""
