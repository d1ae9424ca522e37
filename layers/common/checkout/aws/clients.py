"""AWS clients, made by botocore.

boto3's are the same, but importing it brings S3's transfers (docs/performance.md).
The layer describes to botocore only the operations that are called (reduce_models.py), as further
models that botocore reads first. Without them, as in a clone, botocore's own are used.
https://boto3.amazonaws.com/v1/documentation/api/latest/guide/configuration.html (AWS_DATA_PATH)

The timeouts fit into the functions' timeouts (wiring.py).
"""

import os
from functools import cache
from pathlib import Path
from typing import Any, Literal

from botocore.config import Config
from botocore.session import Session

MODELS = Path(__file__).with_name("models")
ENDPOINTS = Path(__file__).with_name("endpoints")
VARIANTS = ("use_fips_endpoint", "use_dualstack_endpoint")
CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
)


@cache
def session() -> Session:
    """Return the shared session: it resolves credentials once and reads each model once."""
    one = Session()
    paths = [MODELS]
    # botocore prefers an endpoints file to its rules, but only the rules have all FIPS endpoints.
    if not any(one.get_config_variable(variant) for variant in VARIANTS):
        paths.append(ENDPOINTS)
    one.set_config_variable("data_path", os.pathsep.join(map(str, paths)))
    return one


def client(service: Literal["dynamodb", "secretsmanager", "sns", "sqs"]) -> Any:  # noqa: ANN401
    """Make a client; each caller annotates it with its type from boto3's stubs."""
    return session().create_client(service, config=CONFIG)
