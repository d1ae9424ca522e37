"""A fresh interpreter, to see what an import loads."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.stack import AWS_ENVIRONMENT


def modules_loaded_by(statement: str, *paths: Path, isolated: bool = False) -> set[str]:
    """Run a statement with `paths` to import from; isolated, it has no other packages at all."""
    places = os.pathsep.join(str(path) for path in paths)
    code = f"import sys; sys.path[:0] = {places!r}.split({os.pathsep!r}); {statement}"
    options = ["-I", "-S"] if isolated else ["-I"]
    done = subprocess.run(
        [sys.executable, *options, "-c", f"{code}; print(*sys.modules)"],
        env=AWS_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def packages_loaded_by(statement: str, *paths: Path, isolated: bool = False) -> set[str]:
    modules = modules_loaded_by(statement, *paths, isolated=isolated)
    return {name.partition(".")[0] for name in modules}
