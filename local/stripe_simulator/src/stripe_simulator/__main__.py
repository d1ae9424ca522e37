"""`stripe-simulator`: the simulator as a separate process."""

import errno
import importlib.metadata
import os
import socket
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import stripe
import typer

from stripe_simulator import fixtures
from stripe_simulator.api.permissions import PERMISSIONS
from stripe_simulator.app import create_app
from stripe_simulator.fixtures import FixturesError
from stripe_simulator.listener import LOOPBACK, listen, url_of
from stripe_simulator.parent import end_with_parent
from stripe_simulator.server import ReadyServer
from stripe_simulator.settings import Settings

# The port of stripe-mock, which SDKs' tests use: https://github.com/stripe/stripe-mock
PORT = 12111
# The announced key if none is given.
ANY_KEY = "sk_test_simulator"
DEFAULT = Settings()
RETRY_SECONDS = ",".join(map(str, DEFAULT.retry_seconds))
app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    # Plain lines for errors and help, which other programs read.
    rich_markup_mode=None,
)


def _seconds_list(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",") if part)
    except ValueError:
        raise typer.BadParameter(f"{text} is not S,S,...") from None


def _connection(text: str) -> tuple[str, str]:
    host, equals, target = text.partition("=")
    address, colon, port = target.rpartition(":")
    if not (host and equals and address and colon and port.isdecimal()):
        raise typer.BadParameter(f"{text} is not HOST=ADDRESS:PORT")
    return host, target


def _permission(text: str) -> str:
    if text not in PERMISSIONS:
        raise typer.BadParameter(f"{text} is none of {', '.join(sorted(PERMISSIONS))}")
    return text


def _show_version(asked: bool) -> None:  # noqa: FBT001  (Typer calls it)
    if asked:
        print(importlib.metadata.version("stripe-simulator"))
        raise typer.Exit


Port = Annotated[int, typer.Option(metavar="N", help="0 is a free one.")]
Host = Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")]
AllowedHosts = Annotated[
    list[str],
    typer.Option(
        "--allow-host", metavar="NAME", help="What other machines call it by; repeatable."
    ),
]
SecretKeys = Annotated[
    list[str],
    typer.Option(
        "--secret-key",
        metavar="KEY",
        help="Accepted by the API, and no other; repeatable. Without one, any sk_test_... is.",
    ),
]
RestrictedKey = Annotated[
    str | None, typer.Option(metavar="KEY", help="Accepted where its permissions allow it.")
]
Permissions = Annotated[
    list[str],
    typer.Option(
        "--permission",
        metavar="RESOURCE_read|RESOURCE_write",
        parser=_permission,
        help="Of the restricted key; repeatable.",
    ),
]
Seed = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Requests to make first, as `stripe fixtures` reads them."),
]
RandomSeed = Annotated[
    int | None, typer.Option(metavar="N", help="Of the chances that drop and shuffle deliveries.")
]
ReadyFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Written when ready: JSON with the `url`.")
]
RetrySeconds = Annotated[
    str, typer.Option(metavar="S,S,...", help="Waits before the retries of a delivery.")
]
AsyncPaymentSeconds = Annotated[
    float, typer.Option(metavar="S", help="How long a bank debit is processing.")
]
BalanceTransactionSeconds = Annotated[
    float,
    typer.Option(metavar="S", help="How long until a card payment has its balance transaction."),
]
RefundSeconds = Annotated[
    float, typer.Option(metavar="S", help="How long until a pending or failing refund changes.")
]
RedirectSeconds = Annotated[
    float, typer.Option(metavar="S", help="How long a paid page waits for the webhook, at most.")
]
Connections = Annotated[
    list[str],
    typer.Option(
        "--connect-to",
        metavar="HOST=ADDRESS:PORT",
        help="Deliver to a webhook URL's host there, as curl does; repeatable.",
    ),
]
EndWithStdin = Annotated[
    bool, typer.Option("--end-with-stdin", help="End when the standard input does.")
]
ShopName = Annotated[str, typer.Option(metavar="NAME", help="As the payment page shows it.")]
OrdersUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="Where the live view reads an order's history.")
]
Version = Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True)]


@app.command()
def serve(  # noqa: PLR0913  (one for each option)
    *,
    port: Port = PORT,
    host: Host = LOOPBACK,
    allow_host: AllowedHosts = [],  # noqa: B006  (Typer copies it)
    secret_key: SecretKeys = [],  # noqa: B006
    restricted_key: RestrictedKey = None,
    permission: Permissions = [],  # noqa: B006
    seed: Seed = None,
    random_seed: RandomSeed = None,
    ready_file: ReadyFile = None,
    retry_seconds: RetrySeconds = RETRY_SECONDS,
    async_payment_seconds: AsyncPaymentSeconds = DEFAULT.async_payment_seconds,
    balance_transaction_seconds: BalanceTransactionSeconds = DEFAULT.balance_transaction_seconds,
    refund_seconds: RefundSeconds = DEFAULT.refund_seconds,
    redirect_seconds: RedirectSeconds = DEFAULT.redirect_seconds,
    connect_to: Connections = [],  # noqa: B006
    end_with_stdin: EndWithStdin = False,
    shop_name: ShopName = DEFAULT.shop_name,
    orders_url: OrdersUrl = None,
    version: Version = False,  # noqa: ARG001  (its callback has shown it)
) -> None:
    """Stripe's API for Checkout, on this machine. Prints where, as JSON, once it responds."""
    settings = Settings(
        secret_keys=tuple(secret_key),
        restricted_key=restricted_key,
        restricted_permissions=tuple(permission),
        retry_seconds=_seconds_list(retry_seconds),
        async_payment_seconds=async_payment_seconds,
        balance_transaction_seconds=balance_transaction_seconds,
        refund_seconds=refund_seconds,
        redirect_seconds=redirect_seconds,
        connect_to=dict(map(_connection, connect_to)),
        host=host,
        allowed_hosts=tuple(allow_host),
        random_seed=random_seed,
        shop_name=shop_name,
        orders_url=orders_url,
    )
    if end_with_stdin:
        end_with_parent()
    _run(settings, port, seed, ready_file)


def _run(settings: Settings, port: int, seed: Path | None, ready_file: Path | None) -> None:
    try:
        seeds = [] if seed is None else fixtures.read(seed)
    except FixturesError as error:
        _fail(str(error))
    listener = _listener(port, settings.host)
    url = url_of(listener)
    key = settings.secret_keys[0] if settings.secret_keys else ANY_KEY
    client = stripe.StripeClient(key, base_addresses={"api": url}, max_network_retries=0)

    def make_seeds() -> None:
        fixtures.play(client, seeds, os.environ)

    ready = {"url": url, "secret_key": key}
    server = ReadyServer(create_app(settings), ready, ready_file, make_seeds)
    server.run(sockets=[listener])
    if server.failure is not None:
        _fail(str(server.failure))


def _listener(port: int, host: str) -> socket.socket:
    try:
        return listen(port, host)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            _fail(f"port {port} of {host} is in use; --port chooses another, 0 a free one")
        _fail(f"{host}, port {port}: {error.strerror}")


def _fail(message: str) -> NoReturn:
    print(f"stripe-simulator: {message}", file=sys.stderr)
    raise typer.Exit(1)


def main() -> None:
    app()


if __name__ == "__main__":
    main()
