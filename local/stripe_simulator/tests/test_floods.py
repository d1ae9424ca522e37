"""Declines in great numbers, as card testing on one page makes them."""

import httpx

from stripe_simulator.testing import NO_TLS, Running, Shop

DECLINES = 300


def test_declines_make_nothing_grow(simulator: Running, shop: Shop) -> None:
    """Neither a response nor an event holds the attempts that came before."""
    session = shop.session()
    declining = shop.payment_method(token="tok_chargeDeclined")
    path = f"{simulator.url}/v1/payment_pages/{session.id}/confirm"
    with httpx.Client(auth=(simulator.secret_key, ""), verify=NO_TLS) as browser:
        responses = [
            browser.post(path, data={"payment_method": declining}) for _ in range(DECLINES)
        ]
    assert {response.status_code for response in responses} == {402}
    assert len({len(response.content) for response in responses}) == 1
    failures = simulator.get("/v1/events", type="payment_intent.payment_failed", limit="100")
    assert len({len(str(event["data"])) for event in failures["data"]}) == 1
    shop.pay(session, shop.payment_method(token="tok_visa"))
    paid = simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert paid.payment_status == "paid"
    charges = simulator.sdk.v1.charges.list(
        {"payment_intent": str(paid.payment_intent), "limit": 100}
    )
    assert len(list(charges.auto_paging_iter())) == DECLINES + 1
