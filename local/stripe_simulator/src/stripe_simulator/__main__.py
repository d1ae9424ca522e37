"""`python -m stripe_simulator`: the simulator as a process of its own."""

import argparse
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import uvicorn

from stripe_simulator.api.permissions import PERMISSIONS
from stripe_simulator.app import create_app
from stripe_simulator.listener import listen, url_of
from stripe_simulator.parent import end_with_parent
from stripe_simulator.settings import Settings

# For responses under way: one that a fault delays may take an hour.
GRACE_SECONDS = 1


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options().parse_args(arguments)
    settings = _settings(options)
    if options.end_with_stdin:
        end_with_parent()
    listener = listen(options.port)
    app = create_app(settings)
    server = ReadyServer(
        uvicorn.Config(
            app,
            log_level="warning",
            lifespan="on",
            timeout_graceful_shutdown=GRACE_SECONDS,
        ),
        {"url": url_of(listener), "secret_key": settings.secret_keys[0]},
        options.ready_file,
        app.state.simulator.changes.end,
    )
    server.run(sockets=[listener])
    return 0


class ReadyServer(uvicorn.Server):
    """Says where it is, once it responds there; to be stopped is its normal end."""

    def __init__(
        self,
        config: uvicorn.Config,
        ready: dict[str, str],
        path: Path | None,
        stopping: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._path = path
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        announcement = json.dumps(self._ready)
        print(announcement, flush=True)
        if self._path is not None:
            # Written beside and moved, so that a reader never sees half of it.
            part = self._path.with_name(f"{self._path.name}.part")
            part.write_text(f"{announcement}\n")
            part.replace(self._path)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # What would go on for ever, as a dashboard's live events.
        self._stopping()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own raises the signal again after the shutdown, which then isn't a clean exit.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.handle_exit)
        yield


def _settings(options: argparse.Namespace) -> Settings:
    return Settings(
        secret_keys=tuple(options.secret_key),
        restricted_key=options.restricted_key,
        restricted_permissions=tuple(options.permission),
        retry_seconds=options.retry_seconds,
        async_payment_seconds=options.async_payment_seconds,
        balance_transaction_seconds=options.balance_transaction_seconds,
        refund_seconds=options.refund_seconds,
        redirect_seconds=options.redirect_seconds,
        connect_to=dict(options.connect_to),
        seed=options.seed,
        shop_name=options.shop_name,
        orders_url=options.orders_url,
    )


def _options() -> argparse.ArgumentParser:
    default = Settings(secret_keys=("",))
    parser = argparse.ArgumentParser(prog="python -m stripe_simulator", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=0, help="on 127.0.0.1; 0, the default, is a free one")
    add("--secret-key", action="append", required=True, help="accepted by the API; repeatable")
    add("--restricted-key", help="accepted where its permissions allow it")
    add(
        "--permission",
        action="append",
        choices=sorted(PERMISSIONS),
        default=[],
        metavar="RESOURCE_read|RESOURCE_write",
        help="of the restricted key; repeatable",
    )
    add("--ready-file", type=Path, help="written when ready: a JSON object with the `url`")
    add(
        "--retry-seconds",
        type=_seconds_list,
        default=default.retry_seconds,
        metavar="S,S,...",
        help="waits before the retries of a delivery",
    )
    for name, meaning in (
        ("async-payment", "how long a bank debit is processing"),
        ("balance-transaction", "how long until a card payment has its balance transaction"),
        ("refund", "how long until a refund that fails or is pending changes"),
        ("redirect", "how long a paid page waits for the webhook's response, at most"),
    ):
        value = getattr(default, f"{name.replace('-', '_')}_seconds")
        add(f"--{name}-seconds", type=float, default=value, metavar="S", help=meaning)
    add(
        "--connect-to",
        type=_connection,
        action="append",
        default=[],
        metavar="HOST=ADDRESS:PORT",
        help="deliver to a webhook URL's host there, as curl does; repeatable",
    )
    add("--end-with-stdin", action="store_true", help="end when the standard input does")
    add("--shop-name", default=default.shop_name, help="as the payment page shows it")
    add("--orders-url", metavar="URL", help="where the live view reads an order's history")
    add("--seed", type=int, help="of the chances that drop and shuffle deliveries")
    return parser


def _seconds_list(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not S,S,...") from None


def _connection(text: str) -> tuple[str, str]:
    host, equals, target = text.partition("=")
    address, colon, port = target.rpartition(":")
    if not (host and equals and address and colon and port.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text} is not HOST=ADDRESS:PORT")
    return host, target


if __name__ == "__main__":
    sys.exit(main())
