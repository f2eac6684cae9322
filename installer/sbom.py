#!/usr/bin/env python3
"""What is in a file that is handed out: a bill of materials beside it, FILE.cdx.json (CycloneDX 1.5).

    sbom.py FILE [BUILD]

FILE: a .deb, an .rpm, its source, or a tarball. BUILD: the folder in which its programs were linked, with -Wl,-Map=%.
It lists the files; of each program every shared library it names (DT_NEEDED), every object and archive that the linker's map
has, every package whose headers were compiled in, and what was generated; and foreign sources that the repository holds.
What belongs to nobody is an error. Time is SOURCE_DATE_EPOCH, so that the same file has the same bill.
"""
import datetime
import hashlib
import json
import os
import re
import subprocess
import sys
import tarfile
import urllib.parse
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def die(text):
    sys.exit(f"sbom.py: {text}")


def output(*command, check=True):
    return subprocess.run(command, check=check, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


def sha256(data):
    return hashlib.sha256(data if isinstance(data, bytes) else Path(data).read_bytes()).hexdigest()


def hashes(digest):
    return [{"alg": "SHA-256", "content": digest}]


def properties(**values):
    return [{"name": f"keyhall:{name}", "value": value} for name, value in values.items()]


# --- files of the artefact: path -> (SHA-256, is it a program) ---

def files_of_tar(stream):
    with tarfile.open(fileobj=stream, mode="r|*") as tar:
        for entry in tar:
            if entry.isfile():
                data = tar.extractfile(entry).read()
                yield entry.name.removeprefix("."), (sha256(data), data.startswith(b"\x7fELF"))


def files_of_deb(path):
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", path], stdout=subprocess.PIPE) as process:
        return dict(files_of_tar(process.stdout))


def files_of_rpm(path):
    rows = output("rpm", "-qp", "--qf", "[%{FILENAMES}\\t%{FILEDIGESTS}\\t%{FILECLASS}\\n]", path).splitlines()
    return {name: (digest, kind.startswith("ELF ")) for name, digest, kind in (row.split("\t") for row in rows) if digest}


def files_of_tarball(path):
    with open(path, "rb") as stream:
        return dict(files_of_tar(stream))


# --- who an artefact is: package URL, files ---

def identity(path):
    name = path.name
    if name.endswith(".deb"):
        package, version, arch = output("dpkg-deb", "-W", "--showformat=${Package}\t${Version}\t${Architecture}", path).split("\t")
        return package, version, f"pkg:deb/keyhall/{package}@{version}?arch={arch}", files_of_deb(path)
    if name.endswith(".rpm"):
        package, version, release, arch = output("rpm", "-qp", "--qf", "%{NAME}\t%{VERSION}\t%{RELEASE}\t%{ARCH}", path).split("\t")
        arch = "src" if name.endswith(".src.rpm") else arch
        return package, f"{version}-{release}", f"pkg:rpm/keyhall/{package}@{version}-{release}?arch={arch}", files_of_rpm(path)
    package, version = re.fullmatch(r"(\w+)-([\d.]+)\.tar\.\w+", name).groups()
    return package, version, f"pkg:generic/{package}@{version}", files_of_tarball(path)


# --- what a program was linked of ---

def statically_linked(map_file):
    """Objects, and archives of which something is in the program, as the linker names them."""
    text = map_file.read_text()
    members = text.partition("\nDiscarded input sections")[0]
    found = set(re.findall(r"^(\S+?\.(?:a|o|obj|lib))(?:\([^()\s]*\))?(?:\s|$)", members, re.M))
    return found | {path for path in re.findall(r"^LOAD (.*)$", text, re.M) if path.endswith((".o", ".obj"))}


def shared(program):
    return re.findall(r"\(NEEDED\)\s+Shared library: \[(.*)\]", output("readelf", "-dW", program))


LIBRARIES = [line.strip() for line in output("/sbin/ldconfig", "-p").splitlines()]


def library_file(name, program):
    """Where the dynamic linker finds it: of the program's class and machine."""
    kind = [4, 5, 18, 19]
    wanted = [program.read_bytes()[at] for at in kind]
    for line in LIBRARIES:
        path = line.partition(" => ")[2]
        if line.split(" ")[0] == name and [Path(path).read_bytes()[at] for at in kind] == wanted:
            return path
    return die(f"nobody knows {name}, which {program} names")


class Link:
    """One program: its own objects, files of others with how they came in, what was generated for it."""

    def __init__(self, build, program):
        self.foreign, self.generated = {}, set()
        own = set()
        for name in shared(program):
            self.foreign[library_file(name, program)] = "dynamic"
        for path in statically_linked(Path(f"{program}.map")):
            place = (build / path).resolve()
            if place.is_relative_to(build):
                own.add(path)
            else:
                self.foreign[str(place)] = "static"
        self.read_inputs(build, own)

    def read_inputs(self, build, own):
        objects = {str(path.relative_to(build)) for name in own for path in
                   ([build / name] if name.endswith(".o") else (build / f"{name}.p").glob("*.o"))}
        for line in output("ninja", "-C", build, "-t", "deps", *sorted(objects)).splitlines():
            if not line.startswith("    "):
                continue
            place = (build / line.strip()).resolve()
            if place.is_relative_to(build):
                self.generated.add(place)
            elif not place.is_relative_to(build.parent):
                self.foreign.setdefault(str(place), "header")
            elif "subprojects" in place.relative_to(build.parent).parts:
                self.foreign[str(place)] = "source"


# --- whose a file is ---

def spellings(path):
    """dpkg knows a file of a merged /usr by the name with which it was packed."""
    return {path, path.removeprefix("/usr"), f"/usr{path}"}


class Owners:
    """Debian's packages, and the foreign sources of the repository; each a component, made once."""

    def __init__(self, paths, source):
        self.source = source
        self.by_path = {}
        names = sorted({name for path in paths for name in spellings(path)})
        for line in output("dpkg-query", "-S", *names, check=False).splitlines() if names else []:
            package, _, path = line.partition(": ")
            if not package.startswith("diversion by"):
                self.by_path[path] = package.split(", ")[0]
        rows = output("dpkg-query", "-W", "-f", "${binary:Package}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n")
        self.packages = {row.split("\t")[0]: row.split("\t")[1:] for row in rows.splitlines()}
        system = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
        self.system = system["ID"].strip('"'), f'{system["ID"]}-{system.get("VERSION_ID", "").strip(chr(34))}'

    def component(self, path):
        for spelling in spellings(path):
            if spelling in self.by_path:
                return self.of_debian(self.by_path[spelling])
        for folder in subprojects(self.source):
            if Path(path).is_relative_to(folder):
                return of_subproject(folder)
        return die(f"{path} belongs to nobody")

    def of_debian(self, binary):
        package, version, arch, source, source_version = self.packages[binary]
        vendor, distro = self.system
        quoted = urllib.parse.quote(version, safe=".-_~:")
        purl = f"pkg:deb/{vendor}/{package}@{quoted}?arch={arch}&distro={distro}"
        return {"type": "library", "bom-ref": purl, "name": package, "version": version, "purl": purl,
                "properties": properties(source=f"{source} {source_version}")}


def subprojects(source):
    return sorted(path.parent for path in source.glob("subprojects/*/meson.build"))


def of_subproject(folder):
    text = (folder / "meson.build").read_text()
    name, version, licence = (re.search(pattern, text).group(1) for pattern in (r"project\('([^']*)'", r"version: '([^']*)'", r"license: '([^']*)'"))
    purl = f"pkg:generic/{name}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "licenses": [{"license": {"name": licence}}]}


# --- the bill ---

def installed(build):
    """Where a program is installed -> where it was built."""
    rows = json.loads((build / "meson-info/intro-installed.json").read_text())
    return {there: Path(here) for here, there in rows.items() if Path(f"{here}.map").exists()}


def links_of(build, files):
    programs = sorted(name for name, (_, program) in files.items() if program)
    if not programs:
        return {}
    if not build:
        die("it has programs: where were they linked?")
    places = installed(build)
    for name in programs:
        if name not in places:
            die(f"{name} was not linked in {build}")
    return {name: Link(build, places[name]) for name in programs}


def foreign_components(links, source):
    """Components by reference; and of each program the references of the files that are in it, and of packages whose headers are."""
    owners = Owners(sorted({path for link in links.values() for path in link.foreign}), source)
    components, uses = {}, {}
    for name, link in links.items():
        uses[name] = set()
        for path, how in sorted(link.foreign.items()):
            part = components.setdefault(owners.component(path)["bom-ref"], {**owners.component(path), "parts": {}, "how": set()})
            part["how"].add(how)
            if how != "header":
                part["parts"][path] = how
            uses[name].add(part_reference(part, path) if how != "header" else part["bom-ref"])
    return components, uses


def part_reference(component, path):
    return f'{component["bom-ref"]}#{path}'


def finish(component):
    """The files of a package that are in the programs stand below it; its headers are too many, and say nothing more."""
    parts, how = component.pop("parts", {}), component.pop("how", set())
    component.setdefault("properties", []).extend(properties(link=one)[0] for one in sorted(how))
    if parts:
        component["components"] = [{"type": "file", "bom-ref": part_reference(component, path), "name": path, "hashes": hashes(sha256(path)),
                                    "properties": properties(link=kind)} for path, kind in sorted(parts.items())]
    if not component["properties"]:
        del component["properties"]
    return component


def bill(artefact, build):
    source = build.parent if build else ROOT
    name, version, purl, files = identity(artefact)
    links = links_of(build, files)
    components, uses = foreign_components(links, source)
    if not links:
        components = {one["bom-ref"]: {**one, "how": {"source"}} for one in map(of_subproject, subprojects(source))}
    generated = sorted({path for link in links.values() for path in link.generated})
    listed = [{"type": "application" if program else "file", "bom-ref": path, "name": path, "hashes": hashes(digest)} for path, (digest, program) in sorted(files.items())]
    made = [{"type": "file", "bom-ref": f"generated:{path.relative_to(build)}", "name": str(path.relative_to(build)), "hashes": hashes(sha256(path)),
             "properties": properties(link="generated")} for path in generated]
    of_program = {path: sorted(uses[path]) + sorted(f"generated:{one.relative_to(build)}" for one in link.generated) for path, link in links.items()}
    digest = sha256(artefact)
    time = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'sha256:{digest}')}", "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tools": {"components": [{"type": "application", "name": "keyhall installer/sbom.py"}]},
            "component": {"type": "application", "bom-ref": purl, "name": name, "version": version, "purl": purl, "hashes": hashes(digest),
                          "licenses": [{"license": {"id": "Apache-2.0"}}], "properties": properties(file=artefact.name)},
        },
        "components": listed + made + [finish(components[key]) for key in sorted(components)],
        "dependencies": [{"ref": purl, "dependsOn": sorted(files) + ([] if links else sorted(components))}] +
                        [{"ref": path, "dependsOn": of_program[path]} for path in sorted(of_program)],
        "compositions": [{"aggregate": "complete", "assemblies": [purl], "dependencies": sorted(of_program)}],
    }


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    target = Path(sys.argv[1])
    result = bill(target, Path(sys.argv[2]).resolve() if len(sys.argv) == 3 else None)
    Path(f"{target}.cdx.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
