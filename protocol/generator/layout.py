"""The layout of the contract's documents: an object or array that fits on a line stands on one."""
import json

WIDTH = 120


def one_line(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{one_line(key)}: {one_line(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(one_line(part) for part in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def lay_out(value, indent=0, before=0):
    """before: what stands on the first line already; a comma may follow."""
    line = one_line(value)
    if not isinstance(value, (dict, list)) or not value or indent + before + len(line) + 1 <= WIDTH and indent > 0:
        return line
    space = " " * (indent + 2)
    if isinstance(value, dict):
        rows = [f"{one_line(key)}: " + lay_out(part, indent + 2, len(one_line(key)) + 2) for key, part in value.items()]
    else:
        rows = [lay_out(part, indent + 2) for part in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(space + row for row in rows) + "\n" + " " * indent + closing


def document(text):
    return lay_out(json.loads(text)) + "\n"
