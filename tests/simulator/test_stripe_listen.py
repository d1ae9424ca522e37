"""The real Stripe CLI's `listen`, `logs tail` and `events resend`, unchanged."""

import stripe

from stripe_simulator.testing import Receiver, Running
from tests.support.stripe_cli import StripeCli


def test_listen_forwards_signed_events(
    stripe_cli: StripeCli, simulator: Running, receiver: Receiver
) -> None:
    at = {"api_base": simulator.url, "api_key": simulator.secret_key}
    session = simulator.sdk.raw_request(
        "post", "/v1/stripecli/sessions", device_name="a", websocket_features=["webhooks"]
    )
    listen = ("listen", "--skip-update", "--all-snapshot", "--forward-to", receiver.url)
    with stripe_cli.running(*listen, ready="Ready!", **at):
        product = simulator.sdk.v1.products.create({"name": "Mug"})
        delivery = receiver.wait_for(1)[0]
        secret = session.data["secret"]
        event = stripe.Webhook.construct_event(delivery.body, delivery.signature, secret)
        assert (event.type, event.data.object["id"]) == ("product.created", product.id)
        stripe_cli.resend(event.id, **at)
        again = receiver.wait_for(2)[1]
    assert stripe.Webhook.construct_event(again.body, again.signature, secret).id == event.id


def test_tail_prints_requests(stripe_cli: StripeCli, simulator: Running) -> None:
    at = {"api_base": simulator.url, "api_key": simulator.secret_key}
    with stripe_cli.running("logs", "tail", ready="Ready!", **at) as lines:
        simulator.get("/v1/products/prod_none")
        line = next(line for line in lines if "/v1/products" in line)
    assert "[404] GET /v1/products/prod_none" in line
