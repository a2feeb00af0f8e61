"""Describes an event's model for the reader in Rust, from the schema Pydantic makes of it.

A description is a tuple: a kind, and what `rust_ext/src/events/description.rs` reads after it. Only
what is known here is described. A schema with anything else, of a later Pydantic or a new kind of
field, has no description, and its events are read by the models as ever.
"""

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import Any, Final, NoReturn, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, PlainSerializer

from tradewind.contracts.ids import ULID_PATTERN, CorrelationKind, Ulid
from tradewind.contracts.instruments.assets import Address, Asset
from tradewind.contracts.intents.model import Fraction, Intent, PositiveDecimal
from tradewind.contracts.payload import is_absent
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.contracts.portfolio.book import SignedUnits as BookUnits
from tradewind.contracts.reading.patterns import is_plain_choice, runs_of
from tradewind.contracts.risk.limit_names import Count, Flag, Usd
from tradewind.contracts.risk.limits import RiskLimits
from tradewind.contracts.subjects import EventKey
from tradewind.contracts.system.trading_states import ScopeText
from tradewind.contracts.wallets.report import SignedUnits
from tradewind.contracts.wire import IN_STORED_ORDER, BaseUnits, DecimalString, Timestamp

type Description = tuple[Any, ...]
type Schema = Mapping[str, Any]

REMEMBERED: Final = (Asset, EventKey, ExecutionStep, Intent, RiskLimits)
"""Models that many events repeat: the same text again gives the same frozen instance."""


class Undescribed(TypeError):
    """The reader in Rust does not know a part of the schema."""


def describe_event(model: type[BaseModel], topic: str, version: int) -> Description:
    """Return the description of a topic's event; Undescribed where Rust cannot read it."""
    kinds = [kind.value for kind in CorrelationKind]
    known = _Describer(model)
    fixed: dict[str, Description] = {
        "topic": ("choice", {topic: topic}),
        "version": ("integer", version, version),
    }
    return ("identified", known.describe_identified(fixed), kinds)


def _of(annotated: Any, kind: Any) -> Any:
    """Return the function of the validator or serializer of an annotated type."""
    return next(one.func for one in get_args(annotated) if isinstance(one, kind))


_DECIMAL: Final = _of(DecimalString, BeforeValidator)
_SERIALIZERS: Final = {
    _DECIMAL: _of(DecimalString, PlainSerializer),
    _of(BaseUnits, BeforeValidator): _of(BaseUnits, PlainSerializer),
    _of(SignedUnits, BeforeValidator): _of(SignedUnits, PlainSerializer),
    _of(BookUnits, BeforeValidator): _of(BookUnits, PlainSerializer),
    _of(Timestamp, BeforeValidator): _of(Timestamp, PlainSerializer),
    _of(ScopeText, BeforeValidator): _of(ScopeText, PlainSerializer),
}
"""How the value of a function that parses is written again."""
_PARSED: Final[Mapping[Any, Description]] = {
    _of(BaseUnits, BeforeValidator): ("units", False),
    _of(SignedUnits, BeforeValidator): ("units", True),
    _of(BookUnits, BeforeValidator): ("units", True),
    _of(Timestamp, BeforeValidator): ("time",),
    _of(ScopeText, BeforeValidator): ("spelled", _of(ScopeText, BeforeValidator), str),
    _of(Address, BeforeValidator): ("spelled", _of(Address, BeforeValidator), None),
}
_AS_WRITTEN: Final = (_of(Count, BeforeValidator), _of(Flag, BeforeValidator))
"""Parsers that leave a number and a flag as they are, where they are not written in a string."""
_ULID: Final = _of(Ulid, AfterValidator)
_RULES: Final[Mapping[Any, str]] = {
    _of(PositiveDecimal, AfterValidator): "positive",
    _of(Fraction, AfterValidator): "fraction",
    _of(Usd, AfterValidator): "shortest",
}
_ANY_DECIMAL: Final = ("decimal", "any")
_INTEGERS: Final = -(10**18) + 1, 10**18 - 1
_CONFIG: Final = {
    "extra_fields_behavior": "forbid",
    "strict": True,
    "serialize_by_alias": True,
    "validate_by_name": True,
    "validate_by_alias": True,
}
_NOTES: Final = frozenset({"type", "metadata", "ref"})
"""Keys of a schema that change nothing of what is read."""


class _Describer:
    def __init__(self, model: type[BaseModel]) -> None:
        schema: Any = model.__pydantic_core_schema__
        self._definitions: dict[str, Schema] = {}
        if schema["type"] == "definitions":
            _allow(schema, "schema", "definitions")
            self._definitions = {one["ref"]: one for one in schema["definitions"]}
            schema = schema["schema"]
        self._schema: Schema = schema

    def describe_identified(self, fixed: Mapping[str, Description]) -> Description:
        """Describe the event without the check of its identity, which the reader makes itself."""
        schema = self._schema
        if schema["type"] != "function-after" or schema["function"]["type"] != "no-info":
            raise Undescribed("an event has one check of its identity")
        return self._model(schema["schema"], fixed)

    def _describe(self, schema: Schema) -> Description:
        describe: Callable[[Schema], Description] | None = getattr(
            self, "_" + schema["type"].replace("-", "_"), None
        )
        if describe is None:
            raise Undescribed(schema["type"])
        return describe(schema)

    def _definition_ref(self, schema: Schema) -> Description:
        _allow(schema, "schema_ref")
        return self._describe(self._definitions[schema["schema_ref"]])

    def _str(self, schema: Schema) -> Description:
        _allow(schema, "min_length", "max_length", "pattern")
        least, most = schema.get("min_length", 0), schema.get("max_length")
        pattern = schema.get("pattern")
        if pattern is None:
            return ("text", least, most, None)
        runs = runs_of(pattern)
        if runs is not None:
            return ("text", least, most, runs)
        if not is_plain_choice(pattern):
            raise Undescribed(f"pattern {pattern}")
        return ("checked", ("text", least, most, None), partial(_matching, re.compile(pattern)))

    def _int(self, schema: Schema) -> Description:
        _allow(schema, "ge", "le", "lt")
        least, most = _INTEGERS
        below = schema.get("lt", most + 1) - 1
        return ("integer", max(schema.get("ge", least), least), min(schema.get("le", most), below))

    def _bool(self, schema: Schema) -> Description:
        _allow(schema)
        return ("flag",)

    def _date(self, schema: Schema) -> Description:
        _allow(schema)
        return ("day",)

    def _literal(self, schema: Schema) -> Description:
        _allow(schema, "expected")
        if not all(type(one) is str for one in schema["expected"]):
            raise Undescribed("a literal that is no text")
        return ("choice", {one: one for one in schema["expected"]})

    def _enum(self, schema: Schema) -> Description:
        _allow(schema, "cls", "members", "sub_type")
        if schema["sub_type"] != "str":
            raise Undescribed("an enumeration that is no text")
        return ("choice", {str(one.value): one for one in schema["members"]})

    def _nullable(self, schema: Schema) -> Description:
        _allow(schema, "schema")
        return ("optional", self._describe(schema["schema"]))

    def _tuple(self, schema: Schema) -> Description:
        items = [self._describe(one) for one in schema["items_schema"]]
        if "variadic_item_index" not in schema:
            _allow(schema, "items_schema")
            return ("tuple", items)
        _allow(schema, "items_schema", "variadic_item_index", "min_length", "max_length")
        if len(items) != 1:
            raise Undescribed("a tuple with one item of any number among others")
        return ("list", items[0], schema.get("min_length", 0), schema.get("max_length"))

    def _dict(self, schema: Schema) -> NoReturn:
        raise Undescribed("a mapping whose order is not that it is stored in")

    def _stored_order(self, schema: Schema) -> Description:
        _allow(schema, "keys_schema", "values_schema", "min_length", "max_length")
        key, value = self._describe(schema["keys_schema"]), self._describe(schema["values_schema"])
        if key[0] not in ("text", "spelled"):
            raise Undescribed(f"a key that is a {key[0]}")
        return ("map", key, value, schema.get("min_length", 0), schema.get("max_length"))

    def _union(self, schema: Schema) -> Description:
        _allow(schema, "choices")
        return self._either(schema["choices"])

    def _tagged_union(self, schema: Schema) -> Description:
        _allow(schema, "choices", "discriminator", "from_attributes", "strict")
        return self._either(list(schema["choices"].values()))

    def _either(self, schemas: list[Schema]) -> Description:
        choices = [self._describe(one) for one in schemas]
        return ("either", [_alone(one, choices) for one in choices])

    def _function_before(self, schema: Schema) -> Description:
        _allow(schema, "function", "schema", "serialization")
        function, inner = _function(schema), schema["schema"]
        written = schema.get("serialization", {}).get("function")
        if _SERIALIZERS.get(function) is not written:
            raise Undescribed("a value that is written otherwise")
        if function in _AS_WRITTEN:
            return self._describe(inner)
        if function is _DECIMAL:
            return self._decimal_of(inner)
        described = _PARSED.get(function)
        if described is None:
            raise Undescribed(f"what {function} parses")
        _allow_parsed(inner)
        return described

    def _decimal_of(self, schema: Schema) -> Description:
        _allow(schema, "ge", "le", "lt")
        bounds = {name: schema[name] for name in ("ge", "le", "lt") if name in schema}
        return ("checked", _ANY_DECIMAL, partial(_bounded, **bounds)) if bounds else _ANY_DECIMAL

    def _function_after(self, schema: Schema) -> Description:
        _allow(schema, "function", "schema")
        function, inner = _function(schema), schema["schema"]
        if function is IN_STORED_ORDER.func:
            return self._stored_order(inner)
        if function is _ULID:
            return ("text", 26, 26, runs_of(f"^{ULID_PATTERN.pattern}$"))
        described = self._describe(inner)
        if described == _ANY_DECIMAL and function in _RULES:
            return ("decimal", _RULES[function])
        return ("checked", described, function)

    def _model(self, schema: Schema, fixed: Mapping[str, Description] | None = None) -> Description:
        _allow(schema, "cls", "config", "custom_init", "generic_origin", "root_model", "schema")
        config = {key: value for key, value in schema["config"].items() if key != "title"}
        if schema["custom_init"] or schema["root_model"] or not config.items() <= _CONFIG.items():
            raise Undescribed(f"the model {schema['cls'].__name__}")
        inner = schema["schema"]
        _allow(inner, "computed_fields", "fields", "model_name")
        if inner["type"] != "model-fields" or inner["computed_fields"]:
            raise Undescribed(f"the fields of {schema['cls'].__name__}")
        fields = [
            self._field(name, field, (fixed or {}).get(name))
            for name, field in inner["fields"].items()
        ]
        return ("model", schema["cls"], fields, schema["cls"] in REMEMBERED)

    def _field(self, name: str, field: Schema, fixed: Description | None) -> dict[str, Any]:
        _allow(
            field, "schema", "validation_alias", "serialization_alias", "serialization_exclude_if"
        )
        key = field.get("serialization_alias", name)
        if field.get("validation_alias", name) != key:
            raise Undescribed(f"{name} is not read as it is written")
        is_required = field["schema"]["type"] != "default"
        described: dict[str, Any] = {"name": name, "key": key, "is_required": is_required}
        leave_out, schema = field.get("serialization_exclude_if"), field["schema"]
        if leave_out is not None:
            described["left_out"] = None if leave_out is is_absent else leave_out
        if schema["type"] == "default":
            described |= _default(schema, leave_out)
            schema = schema["schema"]
        described["node"] = fixed or self._describe(schema)
        return described


def _allow(schema: Schema, *keys: str) -> None:
    if unknown := schema.keys() - _NOTES - set(keys):
        raise Undescribed(f"{schema['type']} with {', '.join(sorted(unknown))}")


def _allow_parsed(schema: Schema) -> None:
    """Allow what follows a parser only where it cannot refuse or change a value of its own."""
    if schema["type"] == "named-tuple":
        return
    if set(schema) - _NOTES - {"microseconds_precision"}:
        raise Undescribed(f"{schema['type']} with more than its parser")


def _function(schema: Schema) -> Any:
    if schema["function"].keys() != {"type", "function"} or schema["function"]["type"] != "no-info":
        raise Undescribed("a function that is told more than a value")
    return schema["function"]["function"]


def _default(schema: Schema, leave_out: Callable[[Any], bool] | None) -> dict[str, Any]:
    """Return what the field is where it is left out, if it is left out where it is written."""
    _allow(schema, "schema", "default", "default_factory", "default_factory_takes_data")
    if schema.get("default_factory_takes_data"):
        raise Undescribed("a default that depends on other fields")
    make = schema.get("default_factory")
    value = make() if make else schema["default"]
    if leave_out is None or not leave_out(value):
        return {}
    if make:
        return {"make_default": make}
    return {"default": value} if _is_hashable(value) else {"make_default": partial(deepcopy, value)}


def _is_hashable(value: object) -> bool:
    """Return whether a default is shared; Pydantic copies those that are not."""
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _matching(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError("does not match")
    return value


def _bounded(value: Any, ge: Any = None, le: Any = None, lt: Any = None) -> Any:
    is_low = ge is not None and value < ge
    if is_low or (le is not None and value > le) or (lt is not None and value >= lt):
        raise ValueError("out of bounds")
    return value


def _alone(one: Description, choices: list[Description]) -> Description:
    """Return a description of one of several types that refuses what might be another as well.

    The other would have to be read to know which of both Pydantic takes.
    """
    like = [other for other in choices if other is not one and not _excludes(one, other)]
    if not like:
        return one
    if _bare(one)[0] != "model":
        raise Undescribed("a value that may be of two types")
    return ("checked", one, partial(_has_more, [_names(_bare(other)) for other in like]))


def _has_more(others: list[frozenset[str]], value: BaseModel) -> BaseModel:
    """Return a value that has a field none of the others has; they forbid what they do not know."""
    if any(value.model_fields_set <= names for names in others):
        raise ValueError("may be of another type")
    return value


def _excludes(one: Description, other: Description) -> bool:
    """Return whether no JSON that is written as one of both is the other, however that is written.

    Models forbid what they do not know, so one excludes another that needs a field it lacks. Or a
    field tells that both always write.
    """
    one, other = _bare(one), _bare(other)
    if one[0] == other[0] == "choice":
        return not one[1].keys() & other[1].keys()
    if one[0] != "model" or other[0] != "model":
        return one[0] != other[0] and {one[0], other[0]} <= {"flag", "integer", "text"}
    nodes, others = _written(one), _written(other)
    return (
        _lacks(one, other)
        or _lacks(other, one)
        or any(_excludes(nodes[key], others[key]) for key in nodes.keys() & others.keys())
    )


def _bare(description: Description) -> Description:
    while description[0] == "checked":
        description = description[1]
    return description


def _lacks(model: Description, other: Description) -> bool:
    """Return whether a model has no field of a name another one requires."""
    names = _names(model)
    return any(
        not names & {field["name"], field["key"]} for field in other[2] if field["is_required"]
    )


def _names(model: Description) -> frozenset[str]:
    return frozenset(name for field in model[2] for name in (field["name"], field["key"]))


def _written(model: Description) -> dict[str, Description]:
    """Return the fields a model always writes."""
    return {field["key"]: field["node"] for field in model[2] if "left_out" not in field}
