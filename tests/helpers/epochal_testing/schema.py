"""JSON against docs/schema.json."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from epochal_testing import sessions

SCHEMA: dict[str, Any] = json.loads((sessions.ROOT / "docs" / "schema.json").read_text("utf-8"))


def check(value: Any, name: str) -> None:
    """Fails unless ``value`` is as the schema says that ``name`` is."""
    validator = Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})
    errors = [f"{error.json_path}: {error.message}"[:300] for error in validator.iter_errors(value)]
    assert not errors, errors[:3]
