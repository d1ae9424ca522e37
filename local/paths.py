"""Paths of the sources, and of the files that the local cloud writes, all under .local/."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
# The shared layer: it holds the package `checkout`, which the Makefile puts on PYTHONPATH.
LAYER = ROOT / "layers" / "common"
CONTRACT = ROOT / "openapi.yaml"

UV = LOCAL / "uv" / "bin" / "uv"
SAM = LOCAL / "sam" / "bin" / "sam"
MINISTACK_PACKAGES = LOCAL / "ministack" / "lib" / "python3.13" / "site-packages"

BUILDS = LOCAL / "builds"
RUNS = LOCAL / "runs"
STACK_FILE = LOCAL / "stack.json"
DEMO_FILE = LOCAL / "demo.json"
