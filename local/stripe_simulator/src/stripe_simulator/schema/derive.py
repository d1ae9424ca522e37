"""Derives `table.json`, the shapes without prose, from Stripe's OpenAPI description.

    python -m stripe_simulator.schema.derive --spec spec3.json

The description is https://github.com/stripe/openapi, `openapi/spec3.json`, or an extract of it
with the same `schemas`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

TABLE = Path(__file__).with_name("table.json")
# Objects that the simulator returns or may return; the table includes all that they refer to.
ROOTS = (
    *("account", "balance_transaction", "charge", "checkout.session", "coupon", "customer"),
    *("deleted_customer", "deleted_price", "deleted_product", "discount", "dispute", "api_errors"),
    *("event", "invoice", "item", "mandate", "payment_intent", "payment_method"),
    *("price", "product", "promotion_code", "refund", "setup_intent", "shipping_rate"),
    *("tax_rate", "webhook_endpoint"),
)

type Schema = dict[str, Any]
type Shape = str | dict[str, Any] | list[Any]


def table(spec: Schema) -> dict[str, Any]:
    """Return `{"version", "shapes"}`, with shapes by schema name.

    A shape is a type name (`string:22` has a maximum length), `#name` for another shape,
    `{"enum": values}`, `{"list": shape}`, `{"map": shape}`, `{"fields": {name: shape}}`, or a list
    of alternatives. A field's name ends in `!` where it is required, in `?` where it may be null.
    """
    schemas = spec["schemas"] if "schemas" in spec else spec["components"]["schemas"]
    shapes: dict[str, Shape] = {}
    waiting = [name for name in ROOTS if name in schemas]
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = _shape(schemas[name], schemas)
            waiting += _references(shapes[name])
    return {"version": spec["info"]["version"], "shapes": dict(sorted(shapes.items()))}


def written(table_: dict[str, Any]) -> str:
    """Return JSON with one line per shape, so that a diff shows changed shapes."""
    rows = [f"{json.dumps(name)}: {json.dumps(shape)}" for name, shape in table_["shapes"].items()]
    joined = ",\n".join(rows)
    return f'{{"version": {json.dumps(table_["version"])}, "shapes": {{\n{joined}\n}}}}\n'


def _shape(schema: Schema, schemas: Schema) -> Shape:
    shape: Shape = "any"
    match schema:
        case {"$ref": str(reference)}:
            name = reference.rpartition("/")[2]
            shape = f"#{name}" if _wanted(name, schemas) else "object"
        case {"anyOf": list(alternatives)}:
            shapes = [_shape(one, schemas) for one in alternatives]
            shape = shapes[0] if len(shapes) == 1 else shapes
        case {"enum": list(values)}:
            shape = {"enum": values}
        case {"type": "array", **rest}:
            shape = {"list": _shape(rest.get("items", {}), schemas)}
        case {"properties": dict(properties)} if properties:
            required = schema.get("required", [])
            fields = {
                _field(name, one, schemas, required=name in required): _shape(one, schemas)
                for name, one in sorted(properties.items())
            }
            shape = {"fields": fields}
        case {"additionalProperties": dict(values)}:
            shape = {"map": _shape(values, schemas)}
        case {"type": "string", "maxLength": int(longest)}:
            shape = f"string:{longest}"
        case {"type": str(name)}:
            shape = name
    return shape


def _wanted(name: str, schemas: Schema) -> bool:
    """True unless the schema is another resource, which appears only if expanded."""
    return name in ROOTS or (name in schemas and "x-resourceId" not in schemas[name])


def _field(name: str, schema: Schema, schemas: Schema, *, required: bool) -> str:
    return f"{name}{'!' if required else ''}{'?' if _nullable(schema, schemas) else ''}"


def _nullable(schema: Schema, schemas: Schema) -> bool:
    if schema.get("nullable", False):
        return True
    name = schema.get("$ref", "").rpartition("/")[2]
    return name in schemas and _nullable(schemas[name], schemas)


def _references(shape: Shape) -> Iterator[str]:
    if isinstance(shape, str):
        if shape.startswith("#"):
            yield shape[1:]
        return
    for one in shape if isinstance(shape, list) else shape.values():
        if isinstance(one, str | dict | list):
            yield from _references(one)


def main(
    spec: Annotated[Path, typer.Option(metavar="FILE", help="Stripe's description, as JSON.")],
) -> None:
    """Write the table of shapes again."""
    description = json.loads(spec.read_text(encoding="utf-8"))
    TABLE.write_text(written(table(description)), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
