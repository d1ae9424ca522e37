"""Summarises SAM's output, hundreds of lines, as a few phases."""

import re

PHASES = (
    (r"Building layer '(\w+)'", r"building the layer \1"),
    (r"Building codeuri: .* functions: (.+)", r"building the functions"),
    (r"Creating the required resources", "creating the bucket for what is uploaded"),
    (r"Uploading to ", "uploading what was built"),
    (r"Waiting for changeset to be created", "comparing the template with what is deployed"),
    (r"Waiting for stack create/update", "creating the resources"),
)


def phase_of(line: str) -> str | None:
    """Return the phase that a line of output belongs to, None if it shows none."""
    for pattern, phase in PHASES:
        match = re.search(pattern, line)
        if match:
            return match.expand(phase)
    return None
