"""Writes docs/key-families.md: the packaged driver profiles of keys, and where each number is from."""

SOURCES = {
    "debian": ("file lists of Debian's packages", "Debian 软件包的文件列表"),
    "gm3000-sdk": ("the maker's SDK for mToken GM3000 in a public copy", "龙脉 mToken GM3000 SDK 的公开副本"),
    "libccid": ("`Info.plist` of libccid 1.5.2, which a test reads again", "libccid 1.5.2 的 `Info.plist`，由测试再次核对"),
    "maker": ("what the maker publishes", "厂商公开的资料"),
    "netca": ("installer scripts of NETCA (Guangdong CA)", "NETCA（广东 CA）安装程序脚本"),
    "opensc": ("OpenSC's source", "OpenSC 源代码"),
    "reach": ("the list in a public program's SOF header", "某公开程序 SOF 头文件中的列表"),
    "tools": ("lists of modules in public signing programs, several of which agree", "多个公开签名程序中一致的模块列表"),
    "zjca": ("a public program for ZJCA's keys", "面向 ZJCA Key 的公开程序"),
}

WORDS = {
    "en": {
        "title": "Key families",
        "other": "[中文](key-families.zh-CN.md)",
        "generated": "Generated from `pkcs11/modules.d/` by `protocol/gen.py`; do not edit.",
        "text": "What the packaged [driver profiles](module-profiles.md) know of keys. A USB id says which key is plugged in, never which CA's driver it needs: vendors re-brand, "
        "and the same stick has a driver of each CA's own. A driver is never loaded because it stands here; the configuration's `modules` says which are. In parentheses: the source. "
        "Of none of these keys but the last, in software, was one at hand; [keys.md](keys.md) says what was tried.",
        "columns": "| family | USB | drivers on Linux | drivers on Windows |",
        "sources": "| source | is |",
        "atr": "ATR",
        "storage": "CD-ROM",
    },
    "zh": {
        "title": "Key 系列",
        "other": "[English](key-families.md)",
        "generated": "本文由 `protocol/gen.py` 根据 `pkcs11/modules.d/` 生成，请勿手工修改。",
        "text": "随附[驱动配置文件](module-profiles.zh-CN.md)中关于 Key 的信息。USB 编号只说明插入了哪种 Key，不说明需要哪家 CA 的驱动：厂商会贴牌生产，同一种 Key 在各家 CA 有各自的驱动。"
        "列在这里的驱动不会因此被加载，加载哪些由配置项 `modules` 决定。括号内为来源。除最后几种软件实现外，本项目未持有这些 Key；实际试过的见 [keys.md](keys.md)。",
        "columns": "| 系列 | USB | Linux 驱动 | Windows 驱动 |",
        "sources": "| 来源 | 说明 |",
        "atr": "ATR",
        "storage": "光盘模式",
    },
}


def sourced(text, row):
    return f"{text} ({', '.join(row['sources'])})"


def usb_cell(profile, words):
    """Ids of one name and the same sources stand together."""
    groups = {}
    for row in profile.get("usb", []):
        key = (row.get("name", ""), row.get("mode") == "storage", tuple(row["sources"]))
        groups.setdefault(key, []).append(f"`{row['id']}`")
    cells = []
    for (name, storage, sources), ids in groups.items():
        what = ", ".join(part for part in (name, words["storage"] if storage else "") if part)
        cells.append(f"{' '.join(ids)}{' ' + what if what else ''} ({', '.join(sources)})")
    cells += [sourced(f"{words['atr']} `{row['atr']}`", row) for row in profile.get("atr", [])]
    return "<br>".join(cells)


def module_cell(profile, system):
    rows = [row for row in profile.get("modules", []) if row["system"] == system]
    marks = [f"{' SKF' if row.get('interface') == 'skf' else ''}{' ' + row['machine'] if 'machine' in row else ''}" for row in rows]
    return "<br>".join(sourced(f"`{row['file']}`{mark}", row) for row, mark in zip(rows, marks))


def page(profiles, language):
    words = WORDS[language]
    text = f"# {words['title']}\n{words['other']}\n\n{words['generated']}\n\n{words['text']}\n\n{words['columns']}\n|---|---|---|---|\n"
    families = [profile for profile in profiles if "names" in profile]
    for profile in sorted(families, key=lambda one: ("usb" not in one, one["name"])):
        cells = [profile["names"][language], usb_cell(profile, words), module_cell(profile, "linux"), module_cell(profile, "windows")]
        text += f"| {' | '.join(cells)} |\n"
    text += f"\n{words['sources']}\n|---|---|\n"
    for name, said in SOURCES.items():
        text += f"| {name} | {said[0] if language == 'en' else said[1]} |\n"
    return text


def files(profiles):
    return {"docs/key-families.md": page(profiles, "en"), "docs/key-families.zh-CN.md": page(profiles, "zh")}
