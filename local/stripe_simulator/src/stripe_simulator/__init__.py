"""A simulator of Stripe, over HTTP, that Stripe's SDK and Stripe's CLI talk to unchanged.

`api` is the wire: parameters, errors, authentication, idempotency, expansion, lists.
`objects` is what an account holds and how each object moves from state to state.
`webhooks` is events and their deliveries. `app` puts the three together.
"""
