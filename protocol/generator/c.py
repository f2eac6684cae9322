"""Writes the contract as C: enums, structs, the tables the codec walks, errors and texts."""
import json
import re

from .model import finding_code, finding_text, remedy_text, snake

KINDS = {
    "text": "KH_KIND_TEXT",
    "bytes": "KH_KIND_BYTES",
    "integer": "KH_KIND_INTEGER",
    "boolean": "KH_KIND_BOOLEAN",
    "enum": "KH_KIND_ENUM",
    "object": "KH_KIND_OBJECT",
}


def quote(text):
    """A C string literal; what is not ASCII stays UTF-8."""
    return json.dumps(text, ensure_ascii=False)


def heading(file, what):
    return f"/*\n * {what} Generated from {file} by gen.py; do not edit.\n */\n"


def guarded(name, body):
    guard = "KH_" + re.sub(r"\W", "_", name).upper()
    return f"#ifndef {guard}\n#define {guard}\n\n{body}\n#endif\n"


def enum_definition(enum):
    names = [f"\t{enum.unset} = 0,\n"] + [f"\t{enum.constant(value)},\n" for value in enum.values]
    return f"enum {enum.c} {{\n{''.join(names)}}};\n"


def codes_header(model):
    """codes.h: what error.h needs from the contract, so that contract.h can include everything else."""
    document = model.public
    rows = "".join(f"\tKH_{snake(name).upper()} = {row['code']},\n" for name, row in model.errors.items())
    body = f"enum kh_code {{\n\tKH_OK = 0,\n{rows}}};\n\n"
    body += sizes(document)
    body += "\n".join(enum_definition(enum) for enum in document.enums)
    names = "".join(f"\t{finding_constant(name)},\n" for name in model.findings)
    body += f"\n/* What an environment check can find: x-findings. */\nenum kh_finding {{\n{names}}};\n"
    return heading(document.file, "Error codes, sizes, enums and findings.") + guarded("codes.h", body)


def finding_constant(name):
    return f"KH_FINDING_{snake(name).upper()}"


def plain_type(type):
    return {
        "text": "char *",
        "bytes": "struct kh_bytes ",
        "integer": "int64_t ",
        "boolean": "bool ",
        "enum": f"enum {type.enum.c} " if type.enum else "",
        "object": f"struct {type.struct.c} " if type.struct else "",
    }[type.kind]


def member(field):
    plain = plain_type(field.type)
    if field.array is not None:
        return f"\t{plain}*{field.c};\n\tsize_t {field.c}_count;\n"
    has = f"\tbool has_{field.c};\n" if field.has else ""
    return f"{has}\t{plain}{'*' if field.pointer else ''}{field.c};\n"


def struct_definition(struct):
    body = f"\tstruct {struct.base.c} base;\n" if struct.base else ""
    body += "".join(member(field) for field in struct.fields)
    comment = f"/* {struct.description} */\n" if struct.description else ""
    return f"{comment}struct {struct.c} {{\n{body or chr(9) + 'char unused_;' + chr(10)}}};\n"


def sizes(document):
    """How long a text may be and how many items an array may have, for those who fill them."""
    upper = document.prefix.upper()
    found = {}
    for name, schema in document.schemas.items():
        if schema.get("type") == "string" and "maxLength" in schema:
            found[f"{upper}_{snake(name).upper()}_MAX"] = schema["maxLength"]
    for struct in document.structs:
        for field in struct.fields:
            most = field.array if field.array is not None else field.schema
            if "maxItems" in most:
                found[f"{struct.c.upper()}_{field.c.upper()}_MAX"] = most["maxItems"]
            elif field.type.kind == "text" and "maxLength" in most:
                found[f"{struct.c.upper()}_{field.c.upper()}_MAX"] = most["maxLength"]
    return "".join(f"#define {name} {value}\n" for name, value in found.items()) + "\n"


def limits(document):
    upper = document.prefix.upper()
    rows = [f"#define {upper}_LIMIT_{snake(k).upper()} {v}" for k, v in document.data.get("x-limits", {}).items()]
    rows += [f"#define {upper}_CLOSE_{snake(v).upper()} {k}" for k, v in document.data.get("x-close", {}).items()]
    return "\n".join(rows) + "\n\n" if rows else ""


def document_header(document, name, includes, own_enums):
    body = "".join(f'#include "{part}"\n' for part in includes) + "\n" + limits(document)
    if own_enums:
        body += sizes(document)
        body += "\n".join(enum_definition(enum) for enum in document.enums) + "\n"
    body += "".join(f"extern const struct kh_enum {enum.c}_names;\n" for enum in document.enums) + "\n"
    body += "\n".join(struct_definition(struct) for struct in document.structs) + "\n"
    body += "".join(f"extern const struct kh_type {struct.c}_type;\n" for struct in document.structs)
    if document.methods:
        upper = document.prefix.upper()
        ids = "".join(f"\t{upper}_METHOD_{snake(method.name).upper()},\n" for method in document.methods)
        body += f"\nenum {document.prefix}_method_id {{\n{ids}\t{upper}_METHOD_COUNT\n}};\n"
        body += f"\nextern const struct kh_contract {document.prefix}_contract;\n"
    if "Config" in document.schemas:
        body += (
            "\n/* The schema's defaults: the layer under every file. */\n"
            "KH_CHECKED enum kh_code kh_config_defaults(struct kh_config *out, struct kh_error *error);\n"
        )
    return heading(document.file, "Structs and their tables.") + guarded(name, body)


def pattern_table(pattern, name):
    """Only two forms of pattern are allowed: ^[class]+$ and ^prefix."""
    match = re.fullmatch(r"\^\[(.+)\]\+\$", pattern)
    if match:
        allowed = re.compile(f"[{match.group(1)}]")
        words = [0] * 8
        for code in range(1, 128):
            if allowed.fullmatch(chr(code)):
                words[code >> 5] |= 1 << (code & 31)
        return f"static const struct kh_pattern {name} = {{NULL, {{{', '.join(f'{w:#x}u' for w in words)}}}}};\n"
    if not re.fullmatch(r"\^[A-Za-z0-9:./_-]+", pattern):
        raise SystemExit(f"pattern {pattern} is of no form this generator knows")
    prefix = pattern[1:].replace("\\", "")
    return f"static const struct kh_pattern {name} = {{{quote(prefix)}, {{0}}}};\n"


def patterns_of(document):
    """Name of the table of every pattern that the document's structs use."""
    found = {}
    for struct in document.structs:
        for field in struct.all_fields():
            pattern = field.type.schema.get("pattern")
            if pattern and pattern not in found:
                found[pattern] = f"pattern_{len(found)}"
    return found


def bounds(field):
    schema = field.type.schema
    if field.type.kind == "integer":
        return schema.get("minimum"), schema.get("maximum")
    return schema.get("minLength", 0), schema.get("maxLength")


def alias(struct, field):
    """What a text is called where it is redacted; None: it is no text, or marked as open (x-open)."""
    schema = field.type.schema
    if field.type.kind != "text" or schema.get("x-open") or field.schema.get("x-open"):
        return None
    name = field.type.alias or field.name
    name = name[0].lower() + name[1:]
    if schema["maxLength"] < len(name) + len("-99999"):
        raise SystemExit(f"{struct.name}.{field.name} is too short for what stands for it: mark it x-open, or let it be longer")
    return name


def row(struct, field, prefix, patterns):
    low, high = bounds(field)
    place = prefix + field.c
    parts = [
        f"{quote(field.name)}, sizeof({quote(field.name)}) - 1, {KINDS[field.type.kind]}",
        f".offset = offsetof(struct {struct.c}, {place})",
        f".minimum = {'INT64_MIN' if low is None else low}",
        f".maximum = {'INT64_MAX' if high is None else high}",
    ]
    if field.array is not None:
        parts.append(f".also = offsetof(struct {struct.c}, {place}_count)")
        parts.append(f".array = true, .items_min = {field.array.get('minItems', 0)}")
        parts.append(f".items_max = {field.array['maxItems']}")
    if field.has:
        parts.append(f".has = true, .also = offsetof(struct {struct.c}, {prefix}has_{field.c})")
    flags = {"required": field.required, "pointer": field.pointer}
    flags["secret"] = field.type.schema.get("x-secret", False) or field.schema.get("x-secret", False)
    flags["time"] = field.type.schema.get("format") == "date-time"
    parts += [f".{flag} = true" for flag, on in flags.items() if on]
    if alias(struct, field):
        parts.append(f".alias = {quote(alias(struct, field))}")
    if "pattern" in field.type.schema:
        parts.append(f".pattern = &{patterns[field.type.schema['pattern']]}")
    if field.type.struct:
        parts.append(f".type = &{field.type.struct.c}_type")
    if field.type.enum:
        parts.append(f".names = &{field.type.enum.c}_names")
    return "\t{" + ", ".join(parts) + "},\n"


def rows(struct, patterns):
    inherited = [row(struct, field, "base.", patterns) for field in (struct.base.all_fields() if struct.base else [])]
    return "".join(inherited + [row(struct, field, "", patterns) for field in struct.fields])


def struct_tables(struct, patterns):
    body = rows(struct, patterns)
    fields = f"static const struct kh_field {struct.c}_fields[] = {{\n{body}}};\n" if body else ""
    name = f"{struct.c}_fields" if body else "NULL"
    count = f"sizeof({name}) / sizeof({name}[0])" if body else "0"
    value = f"{quote(struct.name)}, sizeof(struct {struct.c}), {name}, {count}"
    return f"{fields}const struct kh_type {struct.c}_type = {{{value}}};\n\n"


def enum_table(enum):
    names = ", ".join(quote(value) for value in enum.values)
    count = len(enum.values) + 1
    return (
        f"static const char *const {enum.c}_texts[] = {{NULL, {names}}};\n"
        f"const struct kh_enum {enum.c}_names = {{{enum.c}_texts, {count}}};\n"
    )


def method_tables(document):
    upper = document.prefix.upper()
    text = f"static const struct kh_method {document.prefix}_methods[] = {{\n"
    for method in document.methods:
        constant = f"{upper}_METHOD_{snake(method.name).upper()}"
        result = f"&{method.result.c}_type" if method.result else "NULL"
        text += f"\t[{constant}] = {{{quote(method.name)}, {constant}, &{method.params.c}_type, {result}}},\n"
    text += f"}};\n\nconst struct kh_contract {document.prefix}_contract = {{\n\t{document.prefix}_methods, "
    return text + f"{upper}_METHOD_COUNT, {upper}_LIMIT_MESSAGE, {upper}_LIMIT_DEPTH,\n}};\n"


def message_tables(model):
    """Errors and texts, both languages; read by error.c and text.c."""
    text = "\nconst struct kh_code_row kh_code_rows[] = {\n"
    for name, item in model.errors.items():
        retry = model.public.schemas["Retry"]["enum"].index(item["data"]["retry"]) + 1
        words = f"{quote(name)}, {quote(item['message'])}, {quote(item['data']['zh'])}"
        text += f"\t{{{item['code']}, (enum kh_retry){retry}, {words}}},\n"
    text += f"}};\nconst size_t kh_code_rows_count = {len(model.errors)};\n\n"
    text += "const struct kh_text_row kh_text_rows[] = {\n"
    for name, item in model.texts.items():
        text += f"\t{{{quote(name)}, {quote(item['en'])}, {quote(item['zh'])}}},\n"
    return text + f"}};\nconst size_t kh_text_rows_count = {len(model.texts)};\n"


def finding_tables(model):
    """The environment check's findings and remedies; read by agent/environment/findings.c."""
    text = "\n"
    for name, item in model.remedies.items():
        kind = f"KH_REMEDY_KIND_{snake(item['kind']).upper()}"
        download = "true" if item.get("download") else "false"
        text += f"static const struct kh_remedy_row remedy_{snake(name)} = {{{kind}, {quote(remedy_text(name))}, {download}}};\n"
    text += "\nconst struct kh_finding_row kh_finding_rows[] = {\n"
    for name, item in model.findings.items():
        parts = [
            f"KH_ENVIRONMENT_ITEM_ID_{snake(name.split('.')[0]).upper()}",
            f"KH_ENVIRONMENT_ITEM_STATE_{item['state'].upper()}",
            str(item["number"]),
            quote(finding_code(name, item)),
            quote(finding_text(name)),
            f"&remedy_{snake(item['remedy'])}" if "remedy" in item else "NULL",
        ]
        text += f"\t[{finding_constant(name)}] = {{{', '.join(parts)}}},\n"
    return text + "};\n"


def defaults(document):
    def of(struct):
        found = {}
        for field in struct.fields:
            if "default" in field.schema:
                found[field.name] = field.schema["default"]
            elif field.type.struct and field.array is None and of(field.type.struct):
                found[field.name] = of(field.type.struct)
        return found

    struct = next(struct for struct in document.structs if struct.name == "Config")
    text = quote(json.dumps(of(struct), ensure_ascii=False))
    return (
        "\nenum kh_code kh_config_defaults(struct kh_config *out, struct kh_error *error)\n{\n"
        f"\tstatic const char text[] = {text};\n"
        "\treturn kh_decode(&kh_config_type, text, sizeof(text) - 1, out, error);\n}\n"
    )


def document_source(model, document, header):
    patterns = patterns_of(document)
    text = heading(document.file, "Tables for the codec.")
    text += f'#include "{header}"\n\n#include <stddef.h>\n\n#include "code_row.h"\n#include "field.h"\n#include "finding_row.h"\n#include "text.h"\n\n'
    text += "".join(pattern_table(pattern, name) for pattern, name in patterns.items()) + "\n"
    text += "".join(enum_table(enum) for enum in document.enums) + "\n"
    text += "".join(struct_tables(struct, patterns) for struct in document.structs)
    if document.methods:
        text += method_tables(document)
    if document is model.public:
        text += message_tables(model) + finding_tables(model)
    if "Config" in document.schemas:
        text += defaults(document)
    return text


def check_findings(model):
    """Names begin with the id of a row, numbers and names are there once."""
    numbers = [row["number"] for row in model.findings.values()]
    ids = model.public.schemas["EnvironmentItem"]["properties"]["id"]["enum"]
    wrong = [name for name in model.findings if name.split(".")[0] not in ids]
    if wrong or len(set(numbers)) != len(numbers):
        raise SystemExit(f"findings: no row is called like {wrong}, or a number is there twice")


def check_constants(model):
    """C has one name space for enumerators."""
    seen = {"KH_OK"}
    names = [f"KH_{snake(name).upper()}" for name in model.errors]
    for document in model.documents.values():
        for enum in document.enums:
            names += [enum.unset] + [enum.constant(value) for value in enum.values]
    for name in names:
        if name in seen:
            raise SystemExit(f"two enumerators are called {name}")
        seen.add(name)


def files(model):
    check_constants(model)
    check_findings(model)
    public, host, configuration, profile = model.documents.values()
    return {
        "codes.h": codes_header(model),
        "contract.h": document_header(public, "contract.h", ["codes.h", "bytes.h", "jsonrpc.h"], False),
        "contract.c": document_source(model, public, "contract.h"),
        "host_contract.h": document_header(host, "host_contract.h", ["contract.h"], True),
        "host_contract.c": document_source(model, host, "host_contract.h"),
        "configuration.h": document_header(configuration, "configuration.h", ["codec.h"], True),
        "configuration.c": document_source(model, configuration, "configuration.h"),
        "profile_file.h": document_header(profile, "profile_file.h", ["codec.h"], True),
        "profile_file.c": document_source(model, profile, "profile_file.h"),
    }
