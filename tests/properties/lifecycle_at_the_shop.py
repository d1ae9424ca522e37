"""Steps of customers, of their browsers, and of strangers."""

from hypothesis import strategies as st
from hypothesis.stateful import MultipleResults, initialize, multiple, rule

from checkout.api.refusals import UNKNOWN_PRICE
from tests.properties.account import CARDS, INSTRUMENTS
from tests.properties.lifecycle import BROKEN, Break, Lifecycle, body_of

AMOUNT = 1500  # of a mug
REFUNDS = st.sampled_from(((), (100,), (100, 200), (AMOUNT,)))
BUYERS = st.sampled_from(INSTRUMENTS)
KEYS = ("key-1-of-a-customer", "key-2-of-a-customer")
SOLD = ("a mug", "two mugs", "a mug by its lookup key", "eleven lines")
REFUSED = (
    "what is not sold",
    "what is not sold, by its lookup key",
    "an unknown lookup key",
    "nothing but a free sticker",
)


class AtTheShop(Lifecycle):
    checkouts = Lifecycle.checkouts

    @rule(
        target=checkouts,
        cart=st.sampled_from(SOLD),
        key=st.sampled_from((None, *KEYS)),
        broken=BROKEN,
    )
    def create(self, cart: str, key: str | None, broken: Break) -> "str | MultipleResults[str]":
        response = self._try(lambda: self.service.create(self.world.body(cart), key), broken)
        if key is not None:
            self.used.add(key)
        if response is None:
            return multiple()
        known_cart, known = self.known.get(key or "", (cart, None))
        if response["statusCode"] == 422:
            # After a crash the key may belong to another cart.
            assert key is not None
            assert known is None or known_cart != cart
            return multiple()
        assert response["statusCode"] == 201, response
        created = body_of(response)
        assert created["order_id"] in self.service.table.items
        if known is not None:
            assert known_cart == cart
            assert (created["order_id"], created["session_id"]) == known
            return multiple()
        if key is not None:
            self.known[key] = cart, (created["order_id"], created["session_id"])
        session_id: str = created["session_id"]
        return session_id

    @rule(cart=st.sampled_from(REFUSED), key=st.sampled_from((None, *KEYS)), broken=BROKEN)
    def create_what_is_refused(self, cart: str, key: str | None, broken: Break) -> None:
        before = dict(self.service.table.items)
        # A crash without a key leaves a session that was never returned and can't be found.
        left_open = self.account.open_for_what_is_not_sold()
        response = self._try(lambda: self.service.create(self.world.body(cart), key), broken)
        assert self.service.table.items == before
        if response is None:
            return
        if response["statusCode"] == 422:
            assert key in self.used
            return
        assert response["statusCode"] == 400, response
        assert self.account.open_for_what_is_not_sold() <= left_open
        [error] = body_of(response)["errors"]
        if "lookup key" in cart:
            # A guessed lookup key gets the response of an unknown one.
            assert (error["pointer"], error["detail"]) == ("/items/0/lookup_key", UNKNOWN_PRICE)

    @rule(target=checkouts, checkout=checkouts, broken=BROKEN)
    def replace(self, checkout: str, broken: Break) -> "str | MultipleResults[str]":
        body = self.world.body("two mugs", replaces=checkout)
        response = self._try(lambda: self.service.create(body), broken)
        if response is None:
            return multiple()
        assert response["statusCode"] == 201, response
        assert self.account.status(checkout) != "open"
        session_id: str = body_of(response)["session_id"]
        return session_id

    @rule(checkout=checkouts, broken=BROKEN)
    def confirm(self, checkout: str, broken: Break) -> None:
        response = self._try(lambda: self.service.confirm(checkout), broken)
        if response is not None:
            assert response["statusCode"] == 200, response
            said, truth = body_of(response), self.account.truth(checkout)
            assert (said["status"], said["amount_total"]) == (truth.status, truth.amount_total)

    @rule(checkout=checkouts, by=BUYERS)
    def pay(self, checkout: str, by: str) -> None:
        self.account.pay(checkout, by)

    @initialize(target=checkouts, by=BUYERS, refunds=REFUNDS)
    def sell_first(self, by: str, refunds: tuple[int, ...]) -> str:
        return self._sell(by, refunds)

    @rule(target=checkouts, by=BUYERS, refunds=REFUNDS)
    def sell(self, by: str, refunds: tuple[int, ...]) -> str:
        """Sell and refund in one step: most failures come after that."""
        return self._sell(by, refunds)

    @initialize(target=checkouts, by=st.sampled_from(sorted(CARDS)))
    def reserve_first(self, by: str) -> str:
        return self._reserve(by)

    @rule(target=checkouts, by=st.sampled_from(sorted(CARDS)))
    def reserve(self, by: str) -> str:
        """Sell with manual capture."""
        return self._reserve(by)

    @rule(checkout=checkouts, times=st.sampled_from((2, 12)))
    def decline(self, checkout: str, times: int) -> None:
        """Try declined cards on the page, as card testers do."""
        for _ in range(times):
            self.account.pay(checkout, "a card that is declined")
