"""Print a SAM template as transformed for CloudFormation, for checkers without SAM support.

Run it with SAM's own Python, which has the translator that AWS runs at a deploy:

    .local/sam/bin/python -m local.cloud.transformed_template template.yaml
"""

import json
import sys
from pathlib import Path
from typing import Any

import boto3
from samcli.yamlhelper import yaml_parse  # type: ignore[import-not-found]
from samtranslator.parser.parser import Parser  # type: ignore[import-not-found]
from samtranslator.translator.translator import Translator  # type: ignore[import-not-found]

type Json = dict[str, Any]

# Properties that `sam build` and `sam deploy` replace by the addresses of uploads.
UPLOADED = ("CodeUri", "ContentUri")


def transformed(template: Json) -> Json:
    sections = [template.get("Globals", {}).get("Function", {})]
    sections += [resource.get("Properties", {}) for resource in template["Resources"].values()]
    for properties in sections:
        properties.update({name: "s3://bucket/key" for name in UPLOADED if name in properties})
    translator = Translator(
        managed_policy_map=None,
        sam_parser=Parser(),
        boto_session=boto3.Session(region_name="us-east-1"),
    )
    document: Json = translator.translate(template, parameter_values={})
    return document


if __name__ == "__main__":
    print(json.dumps(transformed(yaml_parse(Path(sys.argv[1]).read_text())), indent=2))
