"""Runs the whole local cloud: AWS with the deployed stack, and Stripe."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.cloud.aws import REGION, LocalAws
from local.cloud.build import architecture, built_template
from local.cloud.deploy import deploy, put_secret
from local.cloud.ministack import ministack
from local.cloud.sam_output import phase_of
from local.machine.console import Console
from local.machine.locks import locked
from local.machine.ports import FREE, StackPorts
from local.machine.processes import Service
from local.machine.signals import Terminated, termination_unwinds
from local.paths import RUNS
from local.shop import stripe_account
from local.shop.frontend import NO_FRONTEND, Frontend
from local.shop.stripe_account import StripeAccount

KEPT_RUNS = 10
ALARM_EMAIL = "on-call@localhost"


@dataclass(frozen=True)
class StackFacts:
    """The content of `.local/stack.json`, for scripts and tests. `stripe_api_key` is the
    merchant's.

    `storefront_url` is None if the developer uses another frontend.
    """

    api_url: str
    webhook_url: str
    webhook_host: str
    stripe_url: str
    aws_endpoint_url: str
    orders_table: str
    webhook_secret: str
    topic_arn: str
    stripe_api_key: str
    region: str
    storefront_url: str | None = None


@dataclass(frozen=True)
class LocalStack:
    """A deployed stack. `run` has its logs; `price` is a sellable price in simulated Stripe.

    `service_key` is the key in its secret; a restricted one if Stripe is simulated.
    """

    facts: StackFacts
    aws: LocalAws
    secret_id: str
    service_key: str
    run: Path
    price: str | None

    def set_signing_secrets(self, *secrets: str) -> None:
        put_secret(self.aws, self.secret_id, api_key=self.service_key, signing_secrets=secrets)


@contextmanager
def local_stack(
    console: Console,
    *,
    connect: StripeAccount | None = None,
    seed: int | None = None,
    frontend: Frontend = NO_FRONTEND,
    ports: StackPorts = FREE,
) -> Iterator[LocalStack]:
    """Start everything and deploy; stop everything at the end, even after an error.

    With the caller's own account no simulator is started; `seed` is the simulator's random seed.
    Raise LocalCloudError, also if a service dies later: then it interrupts the caller.
    """
    dead: list[Service] = []

    def on_death(child: Service) -> None:
        # Interrupt a step that waits for it, such as a deploy, before that step's timeout.
        dead.append(child)
        os.kill(os.getpid(), signal.SIGTERM)

    with termination_unwinds():
        try:
            with ExitStack() as services:
                run = services.enter_context(new_run())
                simulator = "" if connect else " and a Stripe simulator"
                with console.phase(f"Starting a local AWS{simulator}"):
                    account = connect or services.enter_context(
                        stripe_account.simulated_account(
                            run, on_death, seed, ports.stripe, frontend.orders_url
                        )
                    )
                    aws = services.enter_context(
                        ministack(run, on_death, frontend.origin, ports.aws, account.steps_url)
                    )
                yield deployed(console, run, aws, account, frontend)
        except Terminated:
            if dead:
                raise dead[0].death from None
            raise


def deployed(
    console: Console, run: Path, aws: LocalAws, account: StripeAccount, frontend: Frontend
) -> LocalStack:

    def on_line(line: str) -> None:
        if doing := phase_of(line):
            console.progress(doing)

    with console.phase("sam build"):
        template = built_template(run / "sam-build.log", on_line)
    with console.phase("sam deploy"):
        stack = deploy(template, template_parameters(account, frontend), aws, run, on_line)
    signing_secret = account.webhook_secret or stripe_account.register_webhook(
        account, stack.webhook_url
    )
    price = (
        stripe_account.stock_the_shop(account, frontend.pictures_url) if account.simulated else None
    )
    put_secret(aws, stack.secret_id, api_key=account.service_key, signing_secrets=(signing_secret,))
    facts = StackFacts(
        api_url=stack.api_url,
        webhook_url=stack.webhook_url,
        # The webhook is reached by its path, with any Host header.
        webhook_host=stack.webhook_url.split("/")[2],
        stripe_url=account.url,
        aws_endpoint_url=aws.endpoint_url,
        orders_table=stack.orders_table,
        webhook_secret=signing_secret,
        topic_arn=stack.topic_arn,
        stripe_api_key=account.api_key,
        region=REGION,
    )
    return LocalStack(facts, aws, stack.secret_id, account.service_key, run, price)


def template_parameters(account: StripeAccount, frontend: Frontend) -> dict[str, str]:
    return {
        "Architecture": architecture(),
        "Environment": "local",
        "StripeApiBase": account.api_base,
        "AllowedOrigins": frontend.origin,
        "DefaultSuccessUrl": f"{frontend.origin}/thanks",
        "DefaultCancelUrl": f"{frontend.origin}/cart",
        # MiniStack confirms the subscription itself and sends no e-mail.
        "AlarmEmail": ALARM_EMAIL,
    }


@contextmanager
def new_run() -> Iterator[Path]:
    """Create a folder for a run's logs. Delete old ones, except those of running stacks, which
    contain their functions' interpreter.
    """
    RUNS.mkdir(parents=True, exist_ok=True)
    for old in sorted(RUNS.iterdir())[: -KEPT_RUNS or None]:
        with locked(old) as ended:
            if ended:
                shutil.rmtree(old, ignore_errors=True)
    run = Path(tempfile.mkdtemp(prefix=time.strftime("%Y%m%d-%H%M%S-"), dir=RUNS))
    with locked(run):
        yield run
