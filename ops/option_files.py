"""The files with each environment's options of a checkout: `python -m ops.option_files`.

`make lint`, `make dev` and `make deploy` run it, and `doctor` uses it. Errors name file and line,
before a customer's request could be refused for them.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from checkout.stripe.option_types import DENIED_IN_FILE, OptionError, option_errors

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "functions" / "create_session" / "options"


@dataclass(frozen=True)
class Problem:
    """`str()` has the format of compilers, which editors understand: `file:line: reason`."""

    file: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


def problems(file: Path) -> Iterator[Problem]:
    """Yield the problems of an environment's file."""
    try:
        text = file.read_text(encoding="utf-8")
        options = json.loads(text)
    except FileNotFoundError:
        yield Problem(file, 1, "There is no such file: an environment without options has {}.")
        return
    except json.JSONDecodeError as error:
        yield Problem(file, error.lineno, f"This is not JSON: {error.msg}.")
        return
    except UnicodeDecodeError:
        yield Problem(file, 1, "This is not UTF-8.")
        return
    try:
        # JSON is also YAML, whose parser reports the line of each value.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        yield Problem(file, line, f"Write it in plain JSON, indented by spaces: {error.problem}.")
        return
    for name in _repeated_names(root):
        yield Problem(file, name.start_mark.line + 1, f"{name.value} is there twice.")
    for error_ in option_errors(options, DENIED_IN_FILE):
        yield Problem(file, _line(root, error_), f"{_dotted(error_)}{error_.reason}")


def _dotted(error: OptionError) -> str:
    return ".".join(str(step) for step in error.path) + ": " if error.path else ""


def _line(root: yaml.Node | None, error: OptionError) -> int:
    """Return the line of an error's path, or of its longest prefix in the file."""
    node, line = root, 1
    for step in error.path:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            if not found:
                break
            key, node = found[-1]
            line = key.start_mark.line + 1
    return line


def _repeated_names(node: yaml.Node | None) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            if key.value in names:
                yield key
            names.add(key.value)
            yield from _repeated_names(value)
    elif isinstance(node, yaml.SequenceNode):
        for one in node.value:
            yield from _repeated_names(one)


def main(folder: Path = FOLDER) -> int:
    found = [one for file in sorted(folder.glob("*.json")) for one in problems(file)]
    for problem in found:
        print(problem, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
