"""Writes the part of the support handbook that has a row for every number: errors and findings, what causes them, what to do."""
import re

BEGIN = "<!-- generated from protocol/keyhall.openrpc.json and protocol/support.json by protocol/gen.py; do not edit -->\n"
END = "<!-- end -->\n"
COLUMNS = {
    "en": "| number | name | what is said | cause | what to do |",
    "zh": "| 编号 | 名称 | 提示 | 原因 | 处理 |",
}
PARTS = {
    "en": ("Messages of the page and of calls", "Rows of the check that are not ok"),
    "zh": ("网页和调用的提示", "环境检测中的异常项"),
}


def plain(text):
    """Without the brackets around what may be left out."""
    return re.sub(r"[\[\]]", "", text)


def row(number, name, said, support):
    return f"| {number} | `{name}` | {plain(said)} | {support['cause']} | {support['do']} |\n"


def tables(model, language):
    messages, checks = PARTS[language]
    head = f"{COLUMNS[language]}\n|---|---|---|---|---|\n"
    text = f"### {messages}\n{head}"
    for name, error in model.errors.items():
        said = error["message"] if language == "en" else error["data"]["zh"]
        text += row(error["code"], name, said, model.support[name][language])
    text += f"\n### {checks}\n{head}"
    for name, finding in model.findings.items():
        if finding["state"] != "ok":
            text += row(finding["number"], name, finding[language], model.support[name][language])
    return text


def page(model, language, text):
    """The handbook with its generated part made anew."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + tables(model, language) + END + rest.split(END)[1]
