"""Combines the parts of a simulator."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

from stripe_simulator.api.gateway import Gateway
from stripe_simulator.api.lists import embedded
from stripe_simulator.api.permissions import RestrictedKey
from stripe_simulator.behaviour import Behaviour
from stripe_simulator.changes import Changes
from stripe_simulator.documents import Json
from stripe_simulator.journal import Journal
from stripe_simulator.objects import payment_pages, prices
from stripe_simulator.objects.account import Account
from stripe_simulator.objects.checkout_amounts import included
from stripe_simulator.objects.payment_pages import ConfirmPage
from stripe_simulator.objects.schedule import Schedule
from stripe_simulator.settings import Settings
from stripe_simulator.webhooks.cli_sessions import CliSessions
from stripe_simulator.webhooks.deliveries import Deliveries
from stripe_simulator.webhooks.event_log import EventLog
from stripe_simulator.webhooks.events_api import Webhooks
from stripe_simulator.webhooks.registered_endpoints import Endpoints


class Simulator:
    """`clock` returns Stripe's time in seconds since 1970 UTC."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self.settings = settings
        self.behaviour = Behaviour()
        self.changes = Changes()
        self.journal = Journal(self.changes.notify)
        self.shown_order: Json | None = None  # the live view's order, as last read
        self.beginning: Json = {}  # the snapshot that a reset restores
        self.schedule = Schedule(clock)
        self.log = EventLog(clock, livemode=settings.livemode)
        self.account = Account(settings, clock, self.schedule, self.log.record)
        self.endpoints = Endpoints(clock, livemode=settings.livemode)
        self.deliveries = Deliveries(
            settings, self.behaviour, self.endpoints, attempted=self.changes.notify
        )
        self.cli = CliSessions()
        self.webhooks = Webhooks(self.log, self.deliveries, self.endpoints, self.cli)
        self.log.announce = self._announce
        self.restricted_key = self._restricted_key()
        self.gateway = Gateway(
            settings,
            self.behaviour,
            account_id=self.account.id,
            restricted=self.restricted_key,
            clock=clock,
            prepare=self.schedule.run_due,
            find=self.account.find,
            include=self._include,
            log=self.cli.log,
        )

    def _restricted_key(self) -> RestrictedKey | None:
        key = self.settings.restricted_key
        if key is None:
            return None
        return RestrictedKey(key, self.account.id, self.settings.restricted_permissions)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        timekeeper = asyncio.create_task(self.schedule.run())
        try:
            yield
        finally:
            timekeeper.cancel()
            await asyncio.gather(timekeeper, return_exceptions=True)
            await self.deliveries.aclose()

    def change_behaviour(self, changed: Behaviour) -> None:
        for name in Behaviour.model_fields:
            setattr(self.behaviour, name, getattr(changed, name))
        self.deliveries.behaviour_changed()

    async def confirm_page(self, parameters: ConfirmPage, id_: str) -> Json:
        page = payment_pages.confirm(self.account, parameters, id_)
        if page["status"] == "complete":
            await self.redirect_may_go(id_)
        return page

    async def redirect_may_go(self, session_id: str) -> None:
        """Wait for the webhook's response before the redirect, up to `redirect_seconds`.

        https://docs.stripe.com/checkout/fulfillment: up to 10 seconds.
        """
        # Search from the newest: the log is long, and the event is recent.
        completed = next(
            event["id"]
            for event in reversed(self.log.events)
            if event["type"] == "checkout.session.completed"
            and event["data"]["object"]["id"] == session_id
        )
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.settings.redirect_seconds):
                await self.deliveries.first_attempts(completed)

    def _announce(self, event: Json) -> int:
        self.changes.notify()
        self.cli.announce(event)
        return self.deliveries.announce(event)

    def _include(self, document: Json, field: str) -> Json | list[Json] | None:
        id_ = document["id"]
        match document["object"], field:
            case "checkout.session", "line_items":
                items = self.account.checkout[id_].line_items
                return embedded(items, url=f"/v1/checkout/sessions/{id_}/line_items")
            case "charge", "refunds":
                refunds = [
                    one for one in self.account.refunds.newest_first() if one["charge"] == id_
                ]
                return embedded(refunds, url=f"/v1/charges/{id_}/refunds")
            case "price", "currency_options":
                return prices.currency_options(document)
            case (("checkout.session" | "item"), _):
                return included(self.account, id_, field)
            case _:
                return None
