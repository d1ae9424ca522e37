"""What `make` runs on this machine: the demo, development, chaos, the tour."""
