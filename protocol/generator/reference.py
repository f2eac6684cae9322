"""Writes the reference in docs/: methods, types, errors and limits, in English and Chinese, and the configuration."""
from .layout import lay_out, one_line
from .model import finding_code

WORDS = {
    "en": {
        "title": "Protocol reference",
        "pages": {"configuration": "Configuration", "module-profiles": "Driver profiles"},
        "comma": ", ",
        "colon": ":",
        "generated": "Generated from `protocol/{file}` by `protocol/gen.py`; do not edit.",
        "other": "[中文](protocol.zh-CN.md)",
        "methods": "Methods",
        "notifications": "Notifications",
        "types": "Types",
        "errors": "Errors",
        "limits": "Limits",
        "closes": "Close codes",
        "params": "Parameters",
        "seconds": "Takes at most {seconds} s, without the time for which the PIN window is open.",
        "result": "Result",
        "columns": "| name | type | | meaning |",
        "values": "| type | values | meaning |",
        "error_columns": "| name | code | retry | English | 中文 |",
        "findings": "Environment check",
        "finding_columns": "| number | row | state | code | English | 中文 |",
        "none": "none",
        "optional": "optional",
        "items": "array of {type}",
        "at_most": "at most {n}",
        "characters": "{low}–{high} characters",
        "length": "{n} characters",
        "base64": "base64",
        "time": "RFC 3339, UTC",
        "integer": "integer",
        "boolean": "boolean",
        "string": "string",
        "extends": "All of {base}, and:",
        "limit_rows": {
            "message": "bytes in a message",
            "depth": "nesting of objects and arrays",
            "connections": "connections",
            "connectionsPerOrigin": "connections of one origin",
            "helloSeconds": "seconds from the upgrade to agent.hello",
        },
    },
    "zh": {
        "title": "协议参考",
        "pages": {"configuration": "配置", "module-profiles": "驱动配置文件"},
        "comma": "，",
        "colon": "：",
        "generated": "本文由 `protocol/gen.py` 根据 `protocol/{file}` 生成，请勿手工修改。",
        "other": "[English](protocol.md)",
        "methods": "方法",
        "notifications": "通知",
        "types": "类型",
        "errors": "错误",
        "limits": "限制",
        "closes": "关闭码",
        "params": "参数",
        "seconds": "最长 {seconds} 秒，不含 PIN 码窗口打开的时间。",
        "result": "返回值",
        "columns": "| 名称 | 类型 | | 说明 |",
        "values": "| 类型 | 取值 | 说明 |",
        "error_columns": "| 名称 | 代码 | 重试 | English | 中文 |",
        "findings": "环境检测",
        "finding_columns": "| 编号 | 检测项 | 状态 | code | English | 中文 |",
        "none": "无",
        "optional": "可选",
        "items": "{type} 数组",
        "at_most": "最多 {n} 项",
        "characters": "{low}～{high} 个字符",
        "length": "{n} 个字符",
        "base64": "base64",
        "time": "RFC 3339，UTC",
        "integer": "整数",
        "boolean": "布尔值",
        "string": "字符串",
        "extends": "包含 {base} 的全部字段，另有：",
        "limit_rows": {
            "message": "单条消息的字节数",
            "depth": "对象和数组的嵌套层数",
            "connections": "连接数",
            "connectionsPerOrigin": "同一来源的连接数",
            "helloSeconds": "连接建立后须在此秒数内调用 agent.hello",
        },
    },
}


class Reference:
    def __init__(self, model, language):
        self.model = model
        self.language = language
        self.words = WORDS[language]

    def say(self, schema, key="description"):
        """A description in this language; English where there is no other."""
        return (schema.get(f"x-{key}-zh") if self.language == "zh" else None) or schema.get(key, "")

    def link(self, name):
        return f"[{name}](#{name.lower()})"

    def bounds(self, schema):
        low, high = schema.get("minLength", 0), schema.get("maxLength")
        if schema.get("format") == "date-time":
            return self.words["time"]
        if low == high:
            return self.words["length"].format(n=low)
        return self.words["characters"].format(low=low, high=high)

    def plain(self, type):
        schema = type.schema
        if type.kind == "integer":
            low, high = schema.get("minimum"), schema.get("maximum")
            place = f" {low}–{high}" if high is not None else f" ≥ {low}" if low is not None else ""
            return self.words["integer"] + place
        if type.kind in ("text", "bytes"):
            coding = self.words["base64"] + self.words["comma"] if type.kind == "bytes" else ""
            return self.words["string"] + self.words["comma"] + coding + self.bounds(schema)
        return self.words["boolean"]

    def type_text(self, type):
        if type.kind == "object":
            return self.link(type.struct.name)
        if type.alias:
            return f"[{type.alias}](#{self.anchor('types')})"
        if type.kind == "enum":
            return " \\| ".join(f"`{value}`" for value in type.enum.values)
        return self.plain(type)

    def anchor(self, key):
        return self.words[key].lower().replace(" ", "-")

    def field_row(self, field):
        text = self.type_text(field.type)
        if field.array is not None:
            most = self.words["at_most"].format(n=field.array["maxItems"])
            text = self.words["items"].format(type=text) + self.words["comma"] + most
        meaning = self.say(field.schema) or self.say(field.schema.get("items", {}))
        if "default" in field.schema:
            meaning += f" (`{one_line(field.schema['default'])}`)"
        optional = "" if field.required else self.words["optional"]
        return f"| `{field.name}` | {text} | {optional} | {meaning.strip()} |\n"

    def table(self, fields):
        if not fields:
            return self.words["none"] + "\n\n"
        return f"{self.words['columns']}\n|---|---|---|---|\n{''.join(self.field_row(field) for field in fields)}\n"

    def method(self, document, method):
        row = next(row for row in document.data["methods"] if row["name"] == method.name)
        text = f"### {method.name}\n{self.say(row, 'summary')}\n\n"
        if method.description:
            text += self.say(row) + "\n\n"
        if "x-seconds" in row:
            text += self.words["seconds"].format(seconds=row["x-seconds"]) + "\n\n"
        text += self.label("params") + self.break_before(method.params.fields)
        if method.result is None:
            return text
        if method.result.method:
            text += self.label("result") + self.break_before(method.result.fields)
        else:
            text += f"{self.label('result')} {self.link(method.result.name)}\n\n"
        names = ", ".join(f"`{name}`" for name in method.errors)
        return text + f"{self.label('errors')} {names}\n\n"

    def label(self, key):
        return f"**{self.words[key]}{self.words['colon']}**"

    def break_before(self, fields):
        return ("\n\n" if fields else " ") + self.table(fields)

    def struct(self, document, struct):
        text = f"### {struct.name}\n{self.say(document.schemas[struct.name])}\n\n"
        if struct.base:
            text += self.words["extends"].format(base=self.link(struct.base.name)) + "\n\n"
        return text + self.table(struct.fields)

    def values(self, document):
        text = f"{self.words['values']}\n|---|---|---|\n"
        for name, schema in document.schemas.items():
            if schema.get("type") != "string":
                continue
            if "enum" in schema:
                allowed = " \\| ".join(f"`{value}`" for value in schema["enum"])
            else:
                parts = [self.words["string"], self.bounds(schema)]
                parts += [f"`{schema['pattern']}`"] if "pattern" in schema else []
                allowed = self.words["comma"].join(parts)
            text += f"| {name} | {allowed} | {self.say(schema)} |\n"
        return text + "\n"

    def errors(self):
        text = f"{self.words['error_columns']}\n|---|---|---|---|---|\n"
        for name, row in self.model.errors.items():
            english, chinese = (part.replace("[", "").replace("]", "") for part in (row["message"], row["data"]["zh"]))
            text += f"| `{name}` | {row['code']} | {row['data']['retry']} | {english} | {chinese} |\n"
        return text + "\n"

    def findings(self):
        text = f"{self.words['finding_columns']}\n|---|---|---|---|---|---|\n"
        for name, row in self.model.findings.items():
            said = [row[language].replace("[", "").replace("]", "") for language in ("en", "zh")]
            remedy = self.model.remedies.get(row.get("remedy"))
            said = [text + (f"<br>{remedy[language]}" if remedy else "") for text, language in zip(said, ("en", "zh"))]
            text += f"| {row['number']} | {name.split('.')[0]} | {row['state']} | `{finding_code(name, row)}` | {said[0]} | {said[1]} |\n"
        return text + "\n"

    def limits(self, data):
        rows = "".join(f"- {self.words['limit_rows'][name]}: {value}\n" for name, value in data["x-limits"].items())
        closes = "".join(f"- {code}: {reason}\n" for code, reason in data["x-close"].items())
        return f"## {self.words['limits']}\n{rows}\n## {self.words['closes']}\n{closes}"

    def protocol(self):
        document = self.model.public
        words = self.words
        text = f"# {words['title']}\n{words['other']}\n\n{words['generated'].format(file=document.file)}\n\n"
        text += self.say(document.data["info"]) + "\n\n"
        calls = [method for method in document.methods if method.result]
        news = [method for method in document.methods if not method.result]
        text += f"## {words['methods']}\n" + "".join(self.method(document, method) for method in calls)
        text += f"## {words['notifications']}\n" + "".join(self.method(document, method) for method in news)
        text += f"## {words['types']}\n" + self.values(document)
        named = [struct for struct in document.structs if not struct.method]
        text += "".join(self.struct(document, struct) for struct in named)
        text += f"## {words['errors']}\n" + self.errors()
        return text + f"## {words['findings']}\n" + self.findings() + self.limits(document.data)

    def configuration(self):
        return self.schema("configuration.schema.json", "configuration", ("Config", "ConfigModule", "ConfigWindow", "ConfigUpdates"))

    def profile(self):
        names = ("ProfileFile", "ProfileNames", "ProfileUsb", "ProfileAtr", "ProfileModule", "ProfileMatch", "ProfileSm2", "ProfileSign", "ProfileCipher", "ProfileEnvelope", "ProfileSm4", "ProfileRsa")
        return self.schema("profile.schema.json", "module-profiles", names)

    def schema(self, file, page, names):
        document = self.model[file]
        title = self.words["pages"][page]
        other = {"en": f"[中文]({page}.zh-CN.md)", "zh": f"[English]({page}.md)"}[self.language]
        text = f"# {title}\n{other}\n\n{self.words['generated'].format(file=document.file)}\n\n"
        text += self.say(document.data) + "\n\n"
        for name in names:
            struct = next(struct for struct in document.structs if struct.name == name)
            text += self.struct(document, struct).replace("###", "##", 1)
        example = lay_out(document.data["examples"][0])
        return text + f"```json\n{example}\n```\n"


def files(model):
    english, chinese = Reference(model, "en"), Reference(model, "zh")
    return {
        "docs/protocol.md": english.protocol(),
        "docs/protocol.zh-CN.md": chinese.protocol(),
        "docs/configuration.md": english.configuration(),
        "docs/configuration.zh-CN.md": chinese.configuration(),
        "docs/module-profiles.md": english.profile(),
        "docs/module-profiles.zh-CN.md": chinese.profile(),
    }
