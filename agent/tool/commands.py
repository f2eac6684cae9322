#!/usr/bin/env python3
"""What commands.json says of keyhall, as everything that needs it: the program's table with its help, manual pages, completions.

    commands.py commands.json VERSION OUTPUT...

What an output is tells its name: tool_commands.h, tool_commands.c, keyhall.1 (of a folder
zh_CN: in Chinese), keyhall (bash), _keyhall (zsh), keyhall.fish.
"""
import json
import pathlib
import sys
import unicodedata

WIDTH = 80
WORDS = {
    "en": {"usage": "Usage:", "command": "COMMAND", "options": "OPTIONS", "commands": "Commands:", "own": "Options:",
           "always": "Every command:", "more": "keyhall COMMAND --help says more.", "exit": "Ends with", "manual": "Keyhall Manual",
           "NAME": "NAME", "SYNOPSIS": "SYNOPSIS", "DESCRIPTION": "DESCRIPTION", "COMMANDS": "COMMANDS", "OPTIONS": "OPTIONS",
           "EXIT": "EXIT STATUS", "FILES": "FILES", "ENVIRONMENT": "ENVIRONMENT"},
    "zh": {"usage": "用法：", "command": "命令", "options": "选项", "commands": "命令：", "own": "选项：",
           "always": "所有命令通用：", "more": "详情见 keyhall 命令 --help。", "exit": "退出码", "manual": "Keyhall 手册",
           "NAME": "名称", "SYNOPSIS": "概要", "DESCRIPTION": "描述", "COMMANDS": "命令", "OPTIONS": "选项",
           "EXIT": "退出码", "FILES": "文件", "ENVIRONMENT": "环境变量"},
}


def columns(text):
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def pieces(text):
    """Where a line may end: after a blank, and beside a wide character that is not punctuation behind it."""
    piece = ""
    for i, letter in enumerate(text):
        piece += letter
        after = text[i + 1] if i + 1 < len(text) else " "
        wide = "W" in (unicodedata.east_asian_width(letter), unicodedata.east_asian_width(after))
        closed = after in "，。；：、）》」！？ " or letter in "（《「"
        if letter == " " or wide and not closed:
            yield piece
            piece = ""
    yield piece


def wrapped(text, indent, first=""):
    """Lines of at most WIDTH columns; first is what stands before the first one, indented, too."""
    lines, line = [], first + " " * max(indent - columns(first), 0)
    begun = False
    if columns(first) > indent:
        lines, line = [first], " " * indent
    for piece in pieces(text):
        if begun and columns(line) + columns(piece.rstrip()) > WIDTH:
            lines.append(line.rstrip())
            line = " " * indent
        line += piece
        begun = True
    return "\n".join(lines + [line.rstrip()]) + "\n"


class Table:
    def __init__(self, path):
        data = json.loads(pathlib.Path(path).read_text("utf-8"))
        self.name, self.date, self.summary, self.about = data["name"], data["date"], data["summary"], data["about"]
        self.all, self.options, self.exit = data["commands"], data["options"], data["exit"]
        self.commands = [one for one in self.all if not one.get("hidden")]
        self.files, self.environment = data["files"], data["environment"]
        for command in self.commands:
            for name in command.get("options", []):
                self.option(name)

    def option(self, name):
        return next(one for one in self.options if one["name"] == name)

    def own(self, command):
        return [self.option(name) for name in command.get("options", [])]

    @property
    def everywhere(self):
        return [one for one in self.options if one.get("everywhere")]


def spelled(option, language):
    return f"--{option['name']}" + (f" {option['value'][language]}" if "value" in option else "")


def shown_name(command, language):
    return " ".join([command["name"]] + ([command["argument"][language]] if "argument" in command else []))


def synopsis(table, command, language):
    parts = [table.name, command["name"]]
    argument = command.get("argument")
    if argument:
        parts.append(argument[language] if argument.get("required") else f"[{argument[language]}]")
    return " ".join(parts + [f"[{spelled(one, language)}]" for one in table.own(command)])


def sentence(text, language):
    """A row of the table by itself; a name such as zh-CN keeps its first letter."""
    first = text.split()[0]
    begin = text[0].upper() if first.strip(",;:").isalpha() else text[0]
    return begin + text[1:] + ("" if text[-1] in ".。" else "。" if language == "zh" else ".")


# --- help ---


def option_lines(options, language):
    return "".join(wrapped(one[language], 22, f"  {spelled(one, language)}  ") for one in options)


def exit_lines(table, language):
    words = WORDS[language]
    ends = "；" if language == "zh" else "; "
    stop = "。" if language == "zh" else "."
    colon = "：" if language == "zh" else ": "
    text = ends.join(f"{row['status']}{colon}{row[language]}" for row in table.exit) + stop
    return wrapped(f"{words['exit']}{'：' if language == 'zh' else ' '}{text}", 0)


def help_text(table, language):
    words = WORDS[language]
    gap = "" if language == "zh" else " "
    text = f"{words['usage']}{gap}{table.name} {words['command']} [{words['options']}]\n\n"
    text += "\n".join(wrapped(part, 0) for part in table.about[language])
    text += f"\n{words['commands']}\n"
    for command in table.commands:
        text += wrapped(command[language], 22, f"  {shown_name(command, language)}  ")
    text += f"\n{words['always']}\n{option_lines(table.everywhere, language)}"
    return f"{text}\n{words['more']}\n{exit_lines(table, language)}"


def command_help(table, command, language):
    words = WORDS[language]
    gap = "" if language == "zh" else " "
    usage = f"{words['usage']}{gap}"
    text = wrapped(synopsis(table, command, language), columns(usage), usage)
    paragraphs = [sentence(command[language], language)] + command.get("more", {}).get(language, [])
    text += "".join("\n" + wrapped(part, 0) for part in paragraphs)
    own = table.own(command)
    text += f"\n{words['own']}\n{option_lines(own, language)}" if own else ""
    return f"{text}\n{words['always']}\n{option_lines(table.everywhere, language)}\n{exit_lines(table, language)}"


# --- the program's table ---


def quote(text):
    return "\n\t\t".join(json.dumps(line, ensure_ascii=False) for line in text.splitlines(keepends=True))


def snake(name):
    return name.replace(" ", "_").replace("-", "_")


GENERATED = "/* Generated from commands.json by commands.py; do not edit. */\n"


def option_id(option):
    return f"KH_TOOL_OPTION_{snake(option['name']).upper()}"


def function(command):
    return command.get("function", f"kh_tool_{snake(command['name'])}")


def header(table):
    ids = "".join(f"\t{option_id(one)},\n" for one in table.options)
    text = f"{GENERATED}#ifndef KH_TOOL_COMMANDS_H\n#define KH_TOOL_COMMANDS_H\n\nenum kh_tool_option_id {{\n{ids}\tKH_TOOL_OPTIONS\n}};\n\nstruct kh_tool;\n"
    text += "".join(f"int {function(command)}(struct kh_tool *tool);\n" for command in table.all)
    return f"{text}\n#endif\n"


def command_row(table, command):
    taken = " | ".join(f"1u << {option_id(one)}" for one in table.own(command) + table.everywhere)
    parts = [f".name = {quote(command['name'])}", f".run = {function(command)}", f".options = {taken}"]
    parts.append(f".needs = KH_TOOL_NEEDS_{command.get('needs', 'any').upper()}")
    if "argument" in command:
        parts.append(f".argument_en = {quote(command['argument']['en'])}, .argument_zh = {quote(command['argument']['zh'])}")
    if command.get("argument", {}).get("required"):
        parts.append(".required = true")
    parts += [f".{flag} = true" for flag in ("tells", "plain", "mends") if command.get(flag)]
    parts += [f".help_{language} = {quote(command_help(table, command, language))}" for language in WORDS]
    return "\t{" + ",\n\t ".join(parts) + "},\n"


def source(table):
    rows = "".join(f"\t{{\"--{one['name']}\", {'true' if 'value' in one else 'false'}}},\n" for one in table.options)
    text = f'{GENERATED}#include "tool/tool.h"\n\n'
    text += f"const struct kh_tool_option kh_tool_options[KH_TOOL_OPTIONS] = {{\n{rows}}};\n\n"
    text += "const struct kh_tool_command kh_tool_commands[] = {\n" + "".join(command_row(table, one) for one in table.all) + "\t{.name = NULL},\n};\n\n"
    return text + "\n".join(f"const char kh_tool_help_{language}[] = {quote(help_text(table, language))};\n" for language in WORDS)


# --- manual pages: man(7) ---


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def row(language, term, *texts):
    return f".TP\n.B {roff(term)}\n" + "\n.IP\n".join(flowing(text, language) for text in texts) + "\n"


def flowing(text, language):
    """English is filled again; between Chinese lines that would leave a blank."""
    return roff(text) if language == "zh" else roff(wrapped(text, 0).rstrip("\n"))


def manual(table, language, version):
    words = WORDS[language]
    text = f'.TH KEYHALL 1 "{table.date}" "keyhall {version}" "{words["manual"]}"\n.ad l\n'
    text += f".SH {words['NAME']}\n{table.name} \\- {roff(table.summary[language])}\n.SH {words['SYNOPSIS']}\n"
    text += "\n.br\n".join(roff(synopsis(table, command, language)) for command in table.commands) + "\n"
    text += f".SH {words['DESCRIPTION']}\n" + "\n.PP\n".join(flowing(part, language) for part in table.about[language]) + "\n"
    text += f".SH {words['COMMANDS']}\n"
    for command in table.commands:
        more = command.get("more", {}).get(language, [])
        text += row(language, shown_name(command, language), sentence(command[language], language), *more)
    for name, rows, term in (
        ("OPTIONS", table.options, lambda one: spelled(one, language)),
        ("EXIT", table.exit, lambda one: str(one["status"])),
        ("ENVIRONMENT", table.environment, lambda one: one["name"]),
        ("FILES", table.files, lambda one: one["path"]),
    ):
        text += f".SH {words[name]}\n" + "".join(row(language, term(one), sentence(one[language], language)) for one in rows)
    return text


# --- completions ---


def first_words(table):
    return list(dict.fromkeys(command["name"].split()[0] for command in table.commands))


def second_words(table, first):
    return [command["name"].split()[1] for command in table.commands if command["name"].split()[0] == first and " " in command["name"]]


def options_of(table, first):
    found = [one for command in table.commands if command["name"].split()[0] == first for one in table.own(command)]
    return list({one["name"]: one for one in found + table.everywhere}.values())


def completed(table, first=None):
    """Commands with an argument that is completed, and by what: file, or what keyhall complete tells."""
    found = [(command["name"], command.get("argument", {}).get("complete")) for command in table.commands]
    return [(name, kind) for name, kind in found if kind and first in (None, name.split()[0])]


# Options are handed on to keyhall complete: which agent to ask.
PASSED = ("config", "port")

BASH_IDS = """	local one ids=()
	if [[ -n $kind && $word != -* ]]; then
		while IFS=$'\\t' read -r one _; do
			[[ $one == "$word"* ]] && ids+=("$(printf %q "$one")")
		done < <("${COMP_WORDS[0]}" complete "$kind" "${passed[@]}" 2>/dev/null)
		((${#ids[@]} == 0)) || COMPREPLY=("${ids[@]}")
	fi
"""


def bash(table):
    text = f"# bash completion of {table.name}. Generated from commands.json.\n_{table.name}() {{\n"
    text += "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} first= second= kind= i passed=()\n\tCOMPREPLY=()\n"
    text += "\tcase $before in\n"
    for one in table.options:
        if "value" not in one:
            continue
        complete = one.get("complete")
        action = ("compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\")" if complete == "file" else
                  f"mapfile -t COMPREPLY < <(compgen -W '{' '.join(complete)}' -- \"$word\")" if complete else ":")
        text += f"\t\t--{one['name']}) {action}; return ;;\n"
    text += "\tesac\n\tfor ((i = 1; i < COMP_CWORD; i++)); do\n\t\tcase ${COMP_WORDS[i - 1]} in\n"
    text += "\t\t\t" + " | ".join(f"--{name}" for name in PASSED) + ") passed+=(\"${COMP_WORDS[@]:i - 1:2}\"); continue ;;\n\t\t\t"
    text += " | ".join(f"--{one['name']}" for one in table.options if "value" in one and one["name"] not in PASSED) + ") continue ;;\n\t\tesac\n"
    text += "\t\tcase ${COMP_WORDS[i]} in -*) continue ;; esac\n"
    text += "\t\tif [[ -z $first ]]; then first=${COMP_WORDS[i]}; elif [[ -z $second ]]; then second=${COMP_WORDS[i]}; fi\n\tdone\n"
    text += "\tlocal words\n\tcase $first in\n"
    text += f"\t\t'') words='{' '.join(first_words(table) + ['--' + one['name'] for one in table.everywhere])}' ;;\n"
    for first in first_words(table):
        options = " ".join(f"--{one['name']}" for one in options_of(table, first))
        second = second_words(table, first)
        text += f"\t\t{first}) words='{options}'" + (f"; [[ -n $second ]] || words+=' {' '.join(second)}'" if second else "") + " ;;\n"
    text += "\tesac\n\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
    text += "\tcase \"$first${second:+ $second}\" in\n"
    for name, kind in completed(table):
        action = "[[ $word == -* ]] || { compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); }" if kind == "file" else f"kind={kind}"
        text += f"\t\t'{name}') {action} ;;\n"
    return text + f"\tesac\n{BASH_IDS}}}\ncomplete -F _{table.name} {table.name}\n"


def zsh_option(one):
    text = one["en"].split(";")[0].replace("'", "’").replace("[", "(").replace("]", ")").replace(":", "\\:")
    complete = one.get("complete")
    action = "_files" if complete == "file" else f"({' '.join(complete)})" if complete else ""
    return f"'--{one['name']}[{text}]" + (f":{one['value']['en']}:{action}" if "value" in one else "") + "'"


def zsh_words(rows):
    return " ".join("'" + name + ":" + text.replace("'", "’").replace(":", "\\:") + "'" for name, text in rows)


# Each line of keyhall complete: a value, a tab, what it is.
ZSH_IDS = """_keyhall_ids() {
\tlocal line
\tlocal -a ids
\tfor line in ${(f)"$(keyhall complete $1 2>/dev/null)"}; do
\t\tids+=("${${line%%$'\\t'*}//:/\\\\:}:${line#*$'\\t'}")
\tdone
\t_describe $1 ids
}
"""


def zsh(table):
    text = f"#compdef {table.name}\n# Generated from commands.json.\n{ZSH_IDS}_{table.name}() {{\n\tlocal context state line\n\ttypeset -A opt_args\n\t_arguments -C \\\n"
    text += "".join(f"\t\t{zsh_option(one)} \\\n" for one in table.everywhere)
    text += "\t\t'1: :->command' '*:: :->rest'\n\tcase $state in\n\t\tcommand)\n\t\t\tlocal -a commands\n"
    firsts = [(first, next(one["en"] for one in table.commands if one["name"].split()[0] == first)) for first in first_words(table)]
    text += f"\t\t\tcommands=({zsh_words(firsts)})\n\t\t\t_describe command commands ;;\n\t\trest)\n\t\t\tcase $line[1] in\n"
    for first in first_words(table):
        options = " ".join(zsh_option(one) for one in options_of(table, first))
        second = second_words(table, first)
        kinds = list(dict.fromkeys(kind for _, kind in completed(table, first)))
        places = f" '1:what:({' '.join(second)})'" if second else ""
        places += "".join(" '*:file:_files'" if kind == "file" else f" '*:{kind}:_{table.name}_ids {kind}'" for kind in kinds)
        text += f"\t\t\t\t{first}) _arguments {options}{places} ;;\n"
    return text + f"\t\t\tesac ;;\n\tesac\n}}\n_{table.name} \"$@\"\n"


# The words of the command that stand on the line already.
FISH_TYPED = """function __keyhall_typed
	set -l words
	set -l value 0
	for one in (commandline -opc)[2..-1]
		if test $value = 1
			set value 0
			continue
		end
		switch $one
			case %s
				set value 1
			case '-*'
			case '*'
				set -a words $one
		end
	end
	echo "$words"
end
function __keyhall_at
	test (__keyhall_typed) = "$argv"
end
function __keyhall_under
	string match -q -- "$argv*" (__keyhall_typed)
end
"""


def fish_text(one):
    return "'" + one["en"].split(";")[0].replace("'", "’") + "'"


def fish_option(one):
    complete = one.get("complete")
    action = " -r -F" if complete == "file" else f" -x -a '{' '.join(complete)}'" if complete else " -x" if "value" in one else ""
    return f"-l {one['name']}{action} -d {fish_text(one)}\n"


def fish(table):
    text = f"# fish completion of {table.name}. Generated from commands.json.\n"
    text += FISH_TYPED % " ".join(f"--{one['name']}" for one in table.options if "value" in one)
    text += f"complete -c {table.name} -f\n"
    text += "".join(f"complete -c {table.name} {fish_option(one)}" for one in table.everywhere)
    for first in first_words(table):
        about = fish_text(next(one for one in table.commands if one["name"].split()[0] == first))
        text += f"complete -c {table.name} -n '__keyhall_at \"\"' -a {first} -d {about}\n"
        text += "".join(f"complete -c {table.name} -n '__keyhall_under {first}' {fish_option(one)}"
                        for one in options_of(table, first) if one not in table.everywhere)
    for command in table.commands:
        if " " in command["name"]:
            first, second = command["name"].split()
            text += f"complete -c {table.name} -n '__keyhall_at {first}' -a {second} -d {fish_text(command)}\n"
    for name, kind in completed(table):
        action = "-F" if kind == "file" else f"-a '({table.name} complete {kind} 2>/dev/null)'"
        text += f"complete -c {table.name} -n '__keyhall_at {name}' {action}\n"
    return text


OUTPUTS = {
    "tool_commands.h": header,
    "tool_commands.c": source,
    "keyhall": bash,
    "_keyhall": zsh,
    "keyhall.fish": fish,
}


def main():
    table, version = Table(sys.argv[1]), sys.argv[2]
    for path in map(pathlib.Path, sys.argv[3:]):
        if path.suffix == ".1":
            text = manual(table, "zh" if path.parent.name == "zh_CN" else "en", version)
        else:
            text = OUTPUTS[path.name](table)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
