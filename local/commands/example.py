"""`make example`: deploys the example fulfilment service beside a running `make dev`."""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from local.cloud.aws import LocalAws
from local.cloud.build import Application, architecture, built_template
from local.cloud.deploy import STACK_NAME, copy_with_parameters, sam_deploy, stack_outputs
from local.cloud.stack import new_run
from local.machine.processes import LocalCloudError
from local.paths import ROOT, STACK_FILE

EXAMPLE = Application(ROOT / "examples" / "fulfilment", ("template.yaml", "src"))
EXAMPLE_STACK_NAME = "fulfilment-local"  # its samconfig.toml, [local.deploy.parameters]


@dataclass(frozen=True)
class DeployedExample:
    queue_url: str
    dead_letter_queue_url: str
    shipments_table: str


def deploy_example(aws: LocalAws, run: Path, on_line: Callable[[str], None]) -> DeployedExample:
    """Build and deploy it beside the checkout stack, with logs in `run`."""
    template = built_template(run / "sam-build.log", on_line, EXAMPLE)
    parameters = {"CheckoutStack": STACK_NAME, "Architecture": architecture()}
    copy = copy_with_parameters(template, parameters, run)
    sam_deploy(copy, EXAMPLE.folder / "samconfig.toml", aws, on_line)
    outputs = stack_outputs(aws, EXAMPLE_STACK_NAME)
    return DeployedExample(
        queue_url=outputs["QueueUrl"],
        dead_letter_queue_url=outputs["DeadLetterQueueUrl"],
        shipments_table=outputs["ShipmentsTableName"],
    )


def main() -> int:
    options = argparse.ArgumentParser(prog="make example", description=__doc__)
    options.add_argument("--stack-file", type=Path, default=STACK_FILE)
    stack_file: Path = options.parse_args().stack_file
    if not stack_file.is_file():
        print("No stack is running: `make dev` starts one.", file=sys.stderr)
        return 1
    aws = LocalAws(json.loads(stack_file.read_text())["aws_endpoint_url"])
    try:
        with new_run() as run:
            deployed = deploy_example(aws, run, lambda _: None)
    except LocalCloudError as error:
        print(error.explained(), file=sys.stderr)
        return 1
    print(json.dumps(asdict(deployed), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
