"""The local cloud: AWS and Stripe on this machine, for `make demo`, `make dev` and `make test`."""
