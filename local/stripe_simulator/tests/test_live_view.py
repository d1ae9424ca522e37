"""The live view: the steps of the latest purchase, seen by the simulator or reported to it."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from local.shop.customer import GOOD_CARD, pay_by_card
from stripe_simulator.listener import LOOPBACK
from stripe_simulator.testing import Receiver, Running, Shop, fast, running
from support.dashboards import Dashboard

ORDER = (
    b'{"order_id": "order-1", "status": "paid", "version": 3, "history": ['
    b'{"type": "order.paid", "recorded_at": 1800000001, "source": "evt_1"}]}'
)


def tell(simulator: Running, call: str, phase: str, /, **more: object) -> httpx.Response:
    """As the local AWS reports it; by default the clock's own time goes with it."""
    body = {"call": call, "id": f"{call}-1", "phase": phase, "at": 4e9} | more
    return simulator.request("POST", "/_simulator/steps", json=body)


def states(simulator: Running) -> dict[int, str]:
    page = Dashboard(simulator).open("/live")
    steps = [one.attributes for one in page.all("li") if "data-step" in one.attributes]
    return {int(one["data-step"]): one["data-state"] for one in steps}


def done(simulator: Running) -> list[int]:
    return sorted(number for number, state in states(simulator).items() if state == "done")


def next_one(simulator: Running) -> list[int]:
    return [number for number, state in states(simulator).items() if state == "next"]


def created(simulator: Running, shop: Shop) -> str:
    """The backend creates a session for a checkout request of the frontend."""
    tell(simulator, "create", "started", at=1)
    session = shop.session()
    ended = {"session_id": session.id, "order_id": "order-1", "order_status": "open"}
    tell(simulator, "create", "ended", status=201, **ended)
    return session.id


def test_twelve_steps_wait_before_the_first_purchase(simulator: Running) -> None:
    assert sorted(states(simulator)) == list(range(1, 13))
    assert set(states(simulator).values()) == {"waiting"}


def test_a_purchase_lights_up_step_by_step(
    simulator: Running, shop: Shop, receiver: Receiver
) -> None:
    simulator.sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    tell(simulator, "create", "started", at=1)
    assert (done(simulator), next_one(simulator)) == ([1], [2])
    session = shop.session()
    assert (done(simulator), next_one(simulator)) == ([1, 2, 3], [4])
    tell(simulator, "create", "ended", status=201, session_id=session.id)
    assert (done(simulator), next_one(simulator)) == ([1, 2, 3, 4], [5])
    assert session.url is not None
    assert simulator.request("GET", session.url.removeprefix(simulator.url)).status_code == 200
    assert (done(simulator), next_one(simulator)) == ([1, 2, 3, 4, 5], [10])
    assert pay_by_card(session.url).is_redirect
    assert (done(simulator), next_one(simulator)) == ([1, 2, 3, 4, 5, 6, 10], [7])
    tell(simulator, "confirm", "started", session_id=session.id, at=2)
    assert next_one(simulator) == [9]
    simulator.sdk.v1.checkout.sessions.retrieve(session.id)
    assert next_one(simulator) == [11]
    result = {"status": 200, "session_id": session.id, "order_status": "paid"}
    tell(simulator, "confirm", "ended", **result)
    assert (done(simulator), next_one(simulator)) == (list(range(1, 13)), [])
    assert "done: 200, the order is paid" in Dashboard(simulator).open("/live").texts


def test_a_declined_card_is_a_failed_step_until_it_is_paid(simulator: Running, shop: Shop) -> None:
    session = simulator.sdk.v1.checkout.sessions.retrieve(created(simulator, shop))
    assert session.url is not None
    pay_by_card(session.url, "4000000000000002")
    assert states(simulator)[6] == "failed"
    pay_by_card(session.url, GOOD_CARD)
    assert states(simulator)[6] == "done"


def test_a_refused_webhook_is_a_failed_step_until_it_is_taken(
    simulator: Running, shop: Shop, receiver: Receiver
) -> None:
    simulator.sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    receiver.respond = lambda _: 500
    session = simulator.sdk.v1.checkout.sessions.retrieve(created(simulator, shop))
    pay_by_card(str(session.url))
    assert states(simulator)[10] == "failed"


def test_a_rejected_cart_fails_at_the_response(simulator: Running) -> None:
    tell(simulator, "create", "started", at=1)
    tell(simulator, "create", "ended", status=400)
    assert (done(simulator), next_one(simulator)) == ([1], [])
    assert states(simulator)[4] == "failed"


def test_a_failed_confirm_shows_no_result(simulator: Running, shop: Shop) -> None:
    session_id = created(simulator, shop)
    tell(simulator, "confirm", "started", session_id=session_id, at=2)
    tell(simulator, "confirm", "ended", session_id=session_id, status=503)
    assert (states(simulator)[11], states(simulator)[12]) == ("failed", "waiting")


def test_a_retrieval_before_the_confirm_is_none_of_its_steps(
    simulator: Running, shop: Shop
) -> None:
    session_id = created(simulator, shop)
    simulator.sdk.v1.checkout.sessions.retrieve(session_id)
    tell(simulator, "confirm", "started", session_id=session_id, at=4e9)
    assert states(simulator)[9] != "done"


def test_a_repeated_checkout_request_goes_on_with_its_purchase(
    simulator: Running, shop: Shop
) -> None:
    session_id = created(simulator, shop)
    tell(simulator, "create", "started", id="create-2", at=2)
    assert next_one(simulator) == [2]
    tell(simulator, "create", "ended", id="create-2", status=201, session_id=session_id)
    assert (done(simulator), next_one(simulator)) == ([1, 2, 3, 4], [5])
    shop.session()
    assert done(simulator) == [2, 3], "the repeated request is not one that waits for a session"


def test_sessions_that_did_not_begin_here_do_not_take_the_view(
    simulator: Running, shop: Shop
) -> None:
    old, new = created(simulator, shop), shop.session().id
    assert done(simulator) == [2, 3]
    simulator.sdk.v1.checkout.sessions.retrieve(old)
    tell(simulator, "confirm", "started", session_id="cs_test_unknown")
    assert done(simulator) == [2, 3]
    assert old != new


@pytest.mark.parametrize(
    "wrong", [{"call": "refund"}, {"phase": "soon"}, {"at": "now"}, {"more": 1}, {"at": 1e300}]
)
def test_a_malformed_report_is_refused(simulator: Running, wrong: dict[str, object]) -> None:
    assert tell(simulator, "create", "started", **wrong).status_code == 400
    assert set(states(simulator).values()) == {"waiting"}


def test_a_web_page_cannot_report(simulator: Running) -> None:
    body = '{"call": "create", "id": "1", "phase": "started", "at": 1}'
    headers = {"Content-Type": "text/plain"}
    response = simulator.request("POST", "/_simulator/steps", content=body, headers=headers)
    assert response.status_code == 415
    assert set(states(simulator).values()) == {"waiting"}


@pytest.fixture
def orders_url() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/orders/order-1"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(ORDER if found else b"null")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name there)
            """Nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://{LOOPBACK}:{server.server_port}/orders/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_orders_history_is_beside_the_steps(orders_url: str) -> None:
    with running(fast(orders_url=orders_url)) as simulator:
        created(simulator, Shop(simulator.sdk))
        page = Dashboard(simulator).open("/live")
        assert "order.paid" in page.texts
        assert any("evt_1" in text for text in page.texts)


def test_an_order_that_cannot_be_read_leaves_the_steps(simulator: Running) -> None:
    with running(fast(orders_url="http://127.0.0.1:9/orders/")) as one:
        created(one, Shop(one.sdk))
        assert done(one) == [1, 2, 3, 4]
        assert "There is none yet." in Dashboard(one).open("/live").texts
    assert any("make dev" in text for text in Dashboard(simulator).open("/live").texts)
