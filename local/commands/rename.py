"""`make rename NAME=my-shop`: renames a copy of this project.

    the package            pyproject.toml, uv.lock, README.md, what calls to Stripe name
    the stacks             NAME-local, NAME-dev, NAME-prod: samconfig.toml, and what refers to it

It can be repeated: the old names are read from pyproject.toml and samconfig.toml. The licence keeps
its copyright line, as it requires. The next `make lock` sorts uv.lock by the new name.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.paths import ROOT

# A stack name in lower case, so that it can also be a package name.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# Short enough for the layer's name, which is the stack's name with "-common".
MOST_CHARACTERS = 40
# After the stacks' prefix: an environment or a placeholder for one.
ENVIRONMENT = r"-(?=(?:local|dev|prod)\b|\$\(|\{|<)"
# Names in .gitignore, and .git, which is a file in a work tree.
NOT_OURS = {"node_modules", "__pycache__", ".git", ".local", ".aws-sam", ".env", ".venv"}
TITLE = re.compile(r"\A# .*$", re.MULTILINE)


@dataclass(frozen=True)
class Names:
    """The project's names: its package, and the prefix of its stacks' names."""

    package: str
    stack: str

    @classmethod
    def of(cls, project: Path) -> "Names":
        package = tomllib.loads((project / "pyproject.toml").read_text())["project"]["name"]
        samconfig = tomllib.loads((project / "samconfig.toml").read_text())
        stack = samconfig["dev"]["deploy"]["parameters"]["stack_name"]
        return cls(package, stack.removesuffix("-dev"))


def rename(project: Path, name: str) -> list[Path]:
    """Rename; return the changed files. Raise ValueError for an invalid stack name."""
    if not NAME.fullmatch(name) or len(name) > MOST_CHARACTERS:
        raise ValueError(
            f"{name!r} can't name a stack: use a-z, 0-9 and single hyphens, begin with a letter, "
            f"at most {MOST_CHARACTERS} characters"
        )
    old = Names.of(project)
    changed = []
    for path, text in texts(project):
        renamed = renamed_text(path.relative_to(project).as_posix(), text, old, name)
        if renamed != text:
            path.write_text(renamed)
            changed.append(path)
    return changed


def renamed_text(path: str, text: str, old: Names, name: str) -> str:
    text = re.sub(rf"(?<![\w-]){re.escape(old.stack)}{ENVIRONMENT}", f"{name}-", text)
    match path:
        case "pyproject.toml" | "uv.lock" | "layers/common/checkout/version.py":
            # Only quoted or as a uv group marker, because a short name may be part of other words.
            text = text.replace(f'"{old.package}"', f'"{name}"')
            return text.replace(f"'{group_of(old.package)}", f"'{group_of(name)}")
        case "README.md":
            return TITLE.sub(f"# {name}", text)
        case _:
            return text


def group_of(package: str) -> str:
    """Return the prefix of a package's groups in the markers of uv.lock."""
    return f"group-{len(package)}-{package}-"


def texts(project: Path) -> Iterator[tuple[Path, str]]:
    """Yield the project's text files, whether or not it is in git yet."""
    for path in files(project):
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def files(project: Path) -> Iterator[Path]:
    for folder, folders, names in project.walk():
        folders[:] = sorted(name for name in folders if not is_made(name))
        yield from (folder / name for name in sorted(names) if not is_made(name))


def is_made(name: str) -> bool:
    return (
        name in NOT_OURS or name.endswith("_cache") or name.startswith((".coverage", ".hypothesis"))
    )


def main(project: Path, arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make rename", description=__doc__)
    parser.add_argument("name", help="such as my-shop")
    name = parser.parse_args(arguments).name
    try:
        changed = rename(project, name)
    except ValueError as error:
        print(f"make rename: {error}", file=sys.stderr)
        return 2
    # A name of another length changes line breaks.
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet"], cwd=project, check=True)
    for path in changed:
        print(path.relative_to(project))
    print(f"{name}: the stacks are {name}-local, {name}-dev and {name}-prod")
    return 0


if __name__ == "__main__":
    sys.exit(main(ROOT, sys.argv[1:]))
