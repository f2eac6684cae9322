#!/usr/bin/env python3
"""Where the files of a folder come from: an in-toto statement with SLSA's provenance (v1), FOLDER/keyhall-VERSION.provenance.json.

    provenance.py FOLDER BUILDINFO

Subjects are the folder's files. Inputs are the commit, and Debian's packages that BUILDINFO of dpkg-buildpackage names or that made the
other files (ALSO), each with the SHA-256 of its .deb where apt's lists still have that version, else with that of dpkg's list of its
files. Two builds of one commit on one system say the same. It is not signed: whoever hands the files out does that.
"""
import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ALSO = ["git", "rpm", "xz-utils"]
SITE = "https://keyhall.example"


def output(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def packages(buildinfo):
    text = re.search(r"^Installed-Build-Depends:\n((?: .*\n)+)", buildinfo.read_text(), re.M).group(1)
    return sorted({name.partition(":")[0] for name in re.findall(r"^ (\S+)", text, re.M)} | set(ALSO))


def known_to_apt(names):
    """(package, version, architecture) -> SHA-256 of the .deb"""
    found = {}
    for row in output("apt-cache", "show", *names, check=False).split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Architecture|SHA256): (.*)$", row, re.M))
        if len(fields) == 4:
            found[fields["Package"], fields["Version"], fields["Architecture"]] = fields["SHA256"]
    return found


def of_debian(names):
    system = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    distro = f'{system["ID"]}-{system.get("VERSION_ID", "").strip(chr(34))}'
    debs = known_to_apt(names)
    for row in output("dpkg-query", "-W", "-f", "${binary:Package}\t${Package}\t${Version}\t${Architecture}\n", *names).splitlines():
        binary, package, version, arch = row.split("\t")
        quoted = urllib.parse.quote(version, safe=".-_~:")
        uri = f'pkg:deb/{system["ID"]}/{package}@{quoted}?arch={arch}&distro={distro}'
        digest = debs.get((package, version, arch))
        if digest:
            yield {"uri": uri, "digest": {"sha256": digest}}
        else:
            place = Path(f"/var/lib/dpkg/info/{binary}.md5sums")
            yield {"uri": uri, "digest": {"sha256": sha256(place if place.exists() else place.with_suffix(".list"))},
                   "annotations": {"digest": "of dpkg's list of its files"}}


def statement(folder, buildinfo, name):
    commit = output("git", "-C", ROOT, "rev-parse", "HEAD").strip()
    subjects = sorted(path for path in folder.iterdir() if path.name not in (name, "SHA256SUMS", buildinfo.name))
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": path.name, "digest": {"sha256": sha256(path)}} for path in subjects],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": f"{SITE}/build/package/v1",
                "externalParameters": {"command": "./dev package", "source": {"uri": f"git+{SITE}/keyhall", "digest": {"gitCommit": commit}}},
                "internalParameters": {"SOURCE_DATE_EPOCH": int(os.environ["SOURCE_DATE_EPOCH"])},
                "resolvedDependencies": [{"uri": f"git+{SITE}/keyhall", "digest": {"gitCommit": commit}}, *of_debian(packages(buildinfo))],
            },
            "runDetails": {"builder": {"id": f"{SITE}/builder/dev-package", "version": {"debian": Path("/etc/debian_version").read_text().strip()}}},
        },
    }


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    place = Path(sys.argv[1])
    version = re.search(r"^  version: '(.*)',$", (ROOT / "meson.build").read_text(), re.M).group(1)
    target = place / f"keyhall-{version}.provenance.json"
    target.write_text(json.dumps(statement(place, Path(sys.argv[2]), target.name), indent=1) + "\n")
