"""Writes the part of keyhall.js that the contract says: methods, limits, and the errors the SDK reports itself."""

BEGIN = "\t/* ---- generated from keyhall.openrpc.json by gen.py; do not edit ---- */\n"
END = "\t/* ---- end of the generated part ---- */\n"
# Errors that the SDK gives in the contract's words, because no agent can send them.
SAID = ("request.invalid", "request.too_large", "origin.denied", "agent.protocol")


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def rows(texts, width=112):
    """The texts side by side, in lines of at most this width."""
    lines = [""]
    for text in texts:
        if lines[-1] and len(lines[-1]) + len(text) + 2 > width:
            lines.append("")
        lines[-1] += (", " if lines[-1] else "") + text
    return ",\n".join("\t\t" + line for line in lines)


def error(name, row):
    texts = ", ".join(quoted(text) for text in (row["data"]["retry"], row["message"], row["data"]["zh"]))
    return f"\t\t{quoted(name)}: [{row['code']}, {texts}]"


def generated(model):
    limits = model.public.data["x-limits"]
    methods = [quoted(method.name) for method in model.public.methods if method.result]
    seconds = [f"{quoted(method['name'])}: {method['x-seconds']}" for method in model.public.data["methods"] if "x-seconds" in method]
    errors = ",\n".join(error(name, model.errors[name]) for name in SAID)
    return (
        BEGIN
        + f"\tvar METHODS = [\n{rows(methods)}\n\t];\n"
        + f"\tvar SECONDS = {{\n{rows(seconds)}\n\t}};\n"
        + f"\tvar MESSAGE_LIMIT = {limits['message']};\n"
        + f"\tvar DEPTH_LIMIT = {limits['depth']};\n"
        + f"\tvar HELLO_TIMEOUT = {limits['helloSeconds'] * 1000};\n"
        + f"\tvar CONTRACT_ERRORS = {{\n{errors}\n\t}};\n"
        + END
    )


def script(model, text):
    """keyhall.js with its generated part made anew."""
    before, rest = text.split(BEGIN)
    return before + generated(model) + rest.split(END)[1]
