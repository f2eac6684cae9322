"""Writes the public contract as TypeScript declarations: what a page sends, gets and meets."""

PLAIN = {"text": "string", "bytes": "string", "integer": "number", "boolean": "boolean"}
INDENT = "\t"


def union(values):
    return " | ".join(f"'{value}'" for value in values)


def type_text(type):
    if type.kind == "object":
        return type.struct.name
    if type.kind == "enum":
        return type.alias or union(type.enum.values)
    return type.alias or PLAIN[type.kind]


def comment(text, indent=""):
    return f"{indent}/** {text} */\n" if text else ""


def own_description(field):
    """Not the one of a named type: that stands there."""
    return field.schema.get("description") or field.schema.get("items", {}).get("description", "")


def member(struct, field):
    text = type_text(field.type)
    if struct.name == "ErrorData" and field.name == "name":
        text = "ErrorName"
    if field.array is not None:
        text = f"({text})[]" if "|" in text else f"{text}[]"
    return comment(own_description(field), INDENT) + f"{INDENT}{field.name}{'' if field.required else '?'}: {text};\n"


def interface(struct):
    base = f" extends {struct.base.name}" if struct.base else ""
    members = "".join(member(struct, field) for field in struct.fields)
    body = f"{{\n{members}}}" if members else "{}"
    return comment(struct.description) + f"export interface {struct.name}{base} {body}\n\n"


def alias(name, schema):
    text = union(schema["enum"]) if "enum" in schema else "string"
    return comment(schema.get("description")) + f"export type {name} = {text};\n\n"


def methods(document):
    text = "/** Every call: what it takes and what it gives. */\nexport interface Methods {\n"
    for method in document.methods:
        if method.result:
            text += comment(method.summary, INDENT)
            text += f"{INDENT}'{method.name}': {{ params: {method.params.name}; result: {method.result.name} }};\n"
    text += "}\n\n/** What the agent says by itself. */\nexport interface Notifications {\n"
    for method in document.methods:
        if not method.result:
            text += comment(method.summary, INDENT) + f"{INDENT}'{method.name}': {method.params.name};\n"
    return text + "}\n"


def declarations(model):
    document = model.public
    text = f"/* Types of the contract. Generated from {document.file} by gen.py; do not edit. */\n\n"
    names = "\n".join(f"{INDENT}| '{name}'" for name in model.errors)
    text += comment("Names of the agent's errors; texts and meaning in docs/protocol.md.")
    text += f"export type ErrorName =\n{names};\n\n"
    for name, schema in document.schemas.items():
        if schema.get("type") == "string":
            text += alias(name, schema)
    text += "".join(interface(struct) for struct in document.structs)
    return text + methods(document)
