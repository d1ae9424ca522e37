"""A simulator of Stripe's API over HTTP, for Stripe's SDK and CLI without changes to them.

`api` is the protocol: parameters, errors, authentication, idempotency, expansion, lists. `objects`
has the objects of an account and their state transitions. `webhooks` has events and their
deliveries. `app` combines the three.
"""
