"""The examples of docs/options.md: unit tests check them, the deployed stack sells with them."""

import json
import re
from pathlib import Path

from tests.support.documents import Json

TEXT = (Path(__file__).parent.parent / "docs" / "options.md").read_text()
EXAMPLES: dict[str, Json] = {
    title: json.loads(block)
    for title, block in re.findall(
        r"^### (.+?)\n\n```json\n(.*?)```", TEXT, re.MULTILINE | re.DOTALL
    )
}
[_policy] = re.findall(r'```json\n(\{\n  "Version".*?)```', TEXT, re.DOTALL)
POLICY: Json = json.loads(_policy)
[PROGRAM] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
