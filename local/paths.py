"""Where things lie: the sources, and what the local cloud makes, all of it under .local/."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
CONTRACT = ROOT / "openapi.yaml"

UV = LOCAL / "uv" / "bin" / "uv"
SAM = LOCAL / "sam" / "bin" / "sam"
MINISTACK_PACKAGES = LOCAL / "ministack" / "lib" / "python3.13" / "site-packages"

BUILDS = LOCAL / "builds"
RUNS = LOCAL / "runs"
STACK_FILE = LOCAL / "stack.json"
DEMO_FILE = LOCAL / "demo.json"
