"""The example of a fulfilment service, deployed beside the checkout stack."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.aws import LocalAws
from local.build import Application, architecture, built_template
from local.deploy import STACK_NAME, copy_with_parameters, sam_deploy, stack_outputs
from local.paths import ROOT

EXAMPLE = Application(ROOT / "examples" / "fulfilment", ("template.yaml", "src"))
EXAMPLE_STACK_NAME = "fulfilment-local"  # its samconfig.toml, [local.deploy.parameters]


@dataclass(frozen=True)
class DeployedExample:
    queue_url: str
    dead_letter_queue_url: str
    shipments_table: str


def deploy_example(aws: LocalAws, run: Path, on_line: Callable[[str], None]) -> DeployedExample:
    """Build and deploy it where the checkout stack is already; `run` takes the logs."""
    folder = run / EXAMPLE_STACK_NAME
    folder.mkdir()
    template = built_template(folder / "sam-build.log", on_line, EXAMPLE)
    parameters = {"CheckoutStack": STACK_NAME, "Architecture": architecture()}
    copy = copy_with_parameters(template, parameters, folder)
    sam_deploy(copy, EXAMPLE.folder / "samconfig.toml", aws, on_line)
    outputs = stack_outputs(aws, EXAMPLE_STACK_NAME)
    return DeployedExample(
        queue_url=outputs["QueueUrl"],
        dead_letter_queue_url=outputs["DeadLetterQueueUrl"],
        shipments_table=outputs["ShipmentsTableName"],
    )
