"""Reads the contract's documents into plain objects: structs, enums, methods, errors, texts.

Nothing here knows C, TypeScript or Markdown beyond the names every output shares.
"""
import json
import re
from dataclasses import dataclass, field, replace

SUPPORT = "support.json"
DOCUMENTS = ("keyhall.openrpc.json", "token.openrpc.json", "configuration.schema.json", "profile.schema.json")


def snake(name):
    """serialNumber, ec-p256, renewal.begin -> serial_number, ec_p256, renewal_begin"""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^A-Za-z0-9]+", "_", name).lower()


def descriptions(part):
    """What a parameter says beside its schema."""
    return {key: text for key, text in part.items() if key in ("description", "x-description-zh")}


def finding_text(name):
    return f"environment.{name}"


def remedy_text(name):
    return f"environment.remedy.{name}"


def finding_code(name, row):
    """The code that pages get."""
    return row.get("code") or ("ok" if row["state"] == "ok" else name)


@dataclass
class Enum:
    name: str  # as in the contract; inline ones: owner and property
    c: str
    values: list
    description: str = ""

    @property
    def unset(self):
        return f"{self.c.upper()}_{'UNSET' if 'none' in self.values else 'NONE'}"

    def constant(self, value):
        return f"{self.c.upper()}_{snake(value).upper()}"


@dataclass
class Type:
    kind: str  # text, bytes, integer, boolean, enum, object
    schema: dict
    alias: str = ""  # name of the string schema it came from
    enum: Enum = None
    struct: "Struct" = None


@dataclass
class Field:
    name: str
    type: Type
    required: bool
    array: dict  # the array's schema, or None
    schema: dict  # of the property itself

    @property
    def c(self):
        return snake(self.name)

    @property
    def has(self):
        """Optional values whose zero is a value of its own get a has_ beside them."""
        kind = self.type.kind
        optional = not self.required and self.array is None
        return optional and (kind == "integer" or (kind == "boolean" and ("default" in self.schema or "x-tristate" in self.schema)))

    @property
    def pointer(self):
        return self.type.kind == "object" and self.array is None and not self.required

    @property
    def description(self):
        for schema in (self.schema, self.schema.get("items", {}), self.type.schema):
            if "description" in schema:
                return schema["description"]
        return ""


@dataclass
class Struct:
    name: str
    c: str
    fields: list
    base: "Struct" = None
    description: str = ""
    method: bool = False  # params or result of a method

    def all_fields(self):
        return (self.base.all_fields() if self.base else []) + self.fields


@dataclass
class Method:
    name: str
    summary: str
    description: str
    params: Struct
    result: Struct  # None: a notification
    errors: list


@dataclass
class Document:
    file: str
    data: dict
    prefix: str
    structs: list = field(default_factory=list)
    enums: list = field(default_factory=list)
    methods: list = field(default_factory=list)

    @property
    def schemas(self):
        return self.data.get("components", {}).get("schemas") or self.data.get("$defs", {})


class Model:
    def __init__(self, folder):
        self.documents = {}
        self.made = {}
        for file in DOCUMENTS:
            data = json.loads((folder / file).read_text(encoding="utf-8"))
            self.documents[file] = Document(file, data, data["x-prefix"])
        for document in self.documents.values():
            self.read(document)
        self.support = json.loads((folder / SUPPORT).read_text(encoding="utf-8"))
        self.check_support()

    def check_support(self):
        """Support knows an answer to every error and every finding that is not well, and to nothing else."""
        known = set(self.errors) | {name for name, row in self.findings.items() if row["state"] != "ok"}
        wrong = sorted(known ^ set(self.support))
        if wrong:
            raise SystemExit(f"{SUPPORT} and the contract differ in {', '.join(wrong)}")

    def __getitem__(self, file):
        return self.documents[file]

    @property
    def public(self):
        return self.documents[DOCUMENTS[0]]

    @property
    def errors(self):
        return self.public.data["components"]["errors"]

    @property
    def findings(self):
        """The rows that an environment check can answer: name -> finding; its name begins with the row's id."""
        return self.public.data["x-findings"]

    @property
    def remedies(self):
        return self.public.data["x-remedies"]

    @property
    def texts(self):
        """x-texts and what findings and remedies say."""
        found = dict(self.public.data["x-texts"])
        found.update({finding_text(name): row for name, row in self.findings.items()})
        found.update({remedy_text(name): row for name, row in self.remedies.items()})
        return dict(sorted(found.items()))

    def read(self, document):
        for name, schema in document.schemas.items():
            if "enum" in schema or schema.get("type") == "object" or "allOf" in schema:
                self.named(document, name)
        for row in document.data.get("methods", []):
            document.methods.append(self.method(document, row))

    def resolve(self, document, reference):
        file, _, path = reference.partition("#")
        return self.documents[file] if file else document, path.rsplit("/", 1)[1]

    def named(self, document, name):
        """The enum or struct of a named schema, made once."""
        key = (document.file, name)
        if key not in self.made:
            schema = document.schemas[name]
            make = self.make_enum if "enum" in schema else self.make_struct
            self.made[key] = make(document, name, schema)
        return self.made[key]

    def make_enum(self, document, name, schema):
        made = Enum(name, f"{document.prefix}_{snake(name)}", schema["enum"], schema.get("description", ""))
        document.enums.append(made)
        return made

    def make_struct(self, document, name, schema, method=False):
        base = None
        own = schema
        if "allOf" in schema:
            base = self.named(*self.resolve(document, schema["allOf"][0]["$ref"]))
            own = schema["allOf"][1]
        if own.get("additionalProperties") is not False:
            raise SystemExit(f"{document.file}: {name} does not say additionalProperties: false")
        required = own.get("required", [])
        fields = [
            self.make_field(document, name, key, part, key in required) for key, part in own["properties"].items()
        ]
        made = Struct(name, f"{document.prefix}_{snake(name)}", fields, base, schema.get("description", ""), method)
        if len(made.all_fields()) > 64:
            raise SystemExit(f"{document.file}: {name} has more fields than the decoder can count")
        document.structs.append(made)
        return made

    def make_field(self, document, owner, name, schema, required):
        array = schema if schema.get("type") == "array" else None
        kind = self.make_type(document, array["items"] if array else schema, owner + name[0].upper() + name[1:])
        return Field(name, kind, required, array, schema)

    def make_type(self, document, schema, name):
        if "$ref" in schema:
            other, target = self.resolve(document, schema["$ref"])
            found = other.schemas[target]
            if "enum" in found:
                return Type("enum", found, target, enum=self.named(other, target))
            if found.get("type") == "string":
                return replace(self.make_type(other, found, target), alias=target)
            return Type("object", found, target, struct=self.named(other, target))
        if "enum" in schema:
            return Type("enum", schema, enum=self.make_enum(document, name, schema))
        if schema["type"] == "object":
            return Type("object", schema, struct=self.make_struct(document, name, schema))
        if schema["type"] == "string":
            return Type("bytes" if schema.get("contentEncoding") == "base64" else "text", schema)
        return Type(schema["type"], schema)

    def method(self, document, row):
        title = "".join(part[0].upper() + part[1:] for part in row["name"].split("."))
        params = {
            "properties": {part["name"]: {**part["schema"], **descriptions(part)} for part in row["params"]},
            "required": [part["name"] for part in row["params"] if part.get("required")],
            "additionalProperties": False,
        }
        params = self.make_struct(document, title + "Params", params, method=True)
        result = None
        if "result" in row:
            schema = row["result"]["schema"]
            if "$ref" in schema:
                result = self.named(*self.resolve(document, schema["$ref"]))
            else:
                result = self.make_struct(document, title + "Result", schema, method=True)
        errors = [part["$ref"].rsplit("/", 1)[1] for part in row.get("errors", [])]
        return Method(row["name"], row["summary"], row.get("description", ""), params, result, errors)
