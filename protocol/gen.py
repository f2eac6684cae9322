#!/usr/bin/env python3
"""Generates everything that is said once in the contract and needed elsewhere.

    gen.py --build DIR   C for the build, into DIR
    gen.py --write       the committed files: TypeScript declarations, the SDK's part, reference and handbook in docs/, layout of the contract
    gen.py --check       fails when a committed file is stale

The contract: keyhall.openrpc.json, token.openrpc.json, configuration.schema.json, profile.schema.json; support.json says
what support does about each error and finding.
"""
import argparse
import json
import pathlib
import sys

sys.dont_write_bytecode = True  # the source folder stays as it is

from generator import c, families, handbook, layout, model, reference, sdk, typescript

HANDBOOKS = {"en": "docs/support-handbook.md", "zh": "docs/support-handbook.zh-CN.md"}
HERE = pathlib.Path(__file__).resolve().parent


def profiles():
    """The packaged driver profiles."""
    return [json.loads(path.read_text("utf-8")) for path in sorted((HERE.parent / "pkcs11/modules.d").glob("*.json"))]


def committed(contract):
    """Path below the repository and text of every file that is generated and kept."""
    documents = {f"protocol/{file}": layout.document((HERE / file).read_text("utf-8")) for file in (*model.DOCUMENTS, model.SUPPORT)}
    return {
        **documents,
        "protocol/js/contract.d.ts": typescript.declarations(contract),
        "protocol/js/keyhall.js": sdk.script(contract, (HERE / "js/keyhall.js").read_text("utf-8")),
        **reference.files(contract),
        **families.files(profiles()),
        **{file: handbook.page(contract, language, (HERE.parent / file).read_text("utf-8")) for language, file in HANDBOOKS.items()},
    }


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stale(folder, files):
    for name, text in files.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            yield name


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--build", metavar="DIR", type=pathlib.Path)
    action.add_argument("--write", action="store_true")
    action.add_argument("--check", action="store_true")
    options = parser.parse_args()

    contract = model.Model(HERE)
    if options.build:
        write(options.build, c.files(contract))
    elif options.write:
        write(HERE.parent, committed(contract))
    else:
        names = list(stale(HERE.parent, committed(contract)))
        if names:
            sys.exit(f"stale, run protocol/gen.py --write: {', '.join(names)}")


if __name__ == "__main__":
    main()
