#!/usr/bin/env python3
"""Holds the house to its own rules (README.md of this room).  usage: tidy.py ROOT"""

import pathlib
import re
import subprocess
import sys

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600

TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "README.md", "deploy",
    "gateway", "mpi", "protos", "services", "tests",
}
CODE = (".cc", ".h")
LONG_FILES = (".cc", ".h", ".py", ".sh", ".proto")
BANNED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|[Nn]ot (yet )?implemented|DISABLED_")

# Rooms whose code is pure: values in, values out (the architecture's layer 4).
DOMAIN = re.compile(
    r"^(mpi/(normalize|compare|block|score|link|query)/"
    r"|services/consent/(access_request|choice_chain|decide|directive|evaluate|match|outcome|policy"
    r"|regime|session|speakers)[a-z_]*\."
    r"|services/common/(base|patient|labels)/"
    r"|gateway/(exchange|cda)/)")
# The thin edges of those rooms, where messages and calls are allowed.
DOMAIN_EDGE = re.compile(r"(_(driver|wire|file|store|machine|service|role|ports?|client)(_test)?"
                         r"|_test)\.(cc|h)$")
SERVICE = re.compile(r"^services/(directory|registry|consent|audit)/")
JSON_ROOMS = re.compile(r"^(services/common/(json/|crypto/jwk_set)"
                        r"|gateway/(fhir|members|agent|auth|web)/|services/hiectl/|tests/)")
PROGRAMS = re.compile(r"^(services/(hied|hiectl)/|gateway/agent/|tests/)|main\.cc$")

# Names that identify a patient or tell of their health, whatever message they stand in.
PHI_NAMES = {
    "family", "given", "suffix", "birth_date", "line", "city", "postal_code", "phones", "emails",
    "mother_maiden_name", "birth_order", "deceased_date", "deceased", "eid", "aliases", "display",
    "narrative", "clinical_status", "verification_status", "resource", "resources", "title",
    "author", "sensitivity", "type_code", "encounter", "reentered", "names", "identifiers",
    "addresses",
}
PHI_EXCEPT = {("hie.directory.v1", "aliases")}


def files(root, suffixes):
    """The files of the project: what git tracks or would track, below root."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=False)
    names = listed.stdout.split("\n") if listed.returncode == 0 and listed.stdout else [
        str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    return sorted(n for n in names if n.endswith(suffixes) and (root / n).is_file())


def read(root, name):
    return (root / name).read_text(encoding="utf-8")


def check_top_level(root):
    for entry in sorted(root.iterdir()):
        if entry.name.startswith(".") or entry.name in TOP_LEVEL or entry.name == "build":
            continue
        yield f"{entry.name}: the top level is fixed"


def check_lengths(root):
    for name in files(root, LONG_FILES):
        count = read(root, name).count("\n")
        if count > FILE_LINES_MAX:
            yield f"{name}: {count} lines, at most {FILE_LINES_MAX}"
    for name in files(root, CODE):
        yield from check_functions(name, read(root, name).split("\n"))


def check_functions(name, lines):
    """Measures bodies by indentation, which clang-format makes reliable."""
    pending, body = None, None  # (line number, indent) of a signature, of an open body.
    for number, line in enumerate(lines, 1):
        if body:
            if line.rstrip(" ;,)") == body[1] + "}":
                length = number - body[0] + 1
                if length > FUNCTION_LINES_MAX:
                    yield (f"{name}:{body[0]}: function of {length} lines, "
                           f"at most {FUNCTION_LINES_MAX}")
                body = None
            elif line and not line.startswith((body[1], "#")):
                body = None
            continue
        starts = re.match(r"^( {0,4})(?=[\w~:\[])(?!namespace|struct|class|enum|union|extern|return)",
                          line)
        if pending is None and starts and "(" in line:
            pending = (number, starts.group(1))
        if pending and line.endswith("{"):
            body, pending = pending, None
        elif line.endswith((";", "}")) or not line:
            pending = None


def check_words(root):
    for name in files(root, LONG_FILES + (".txt", ".toml", ".md")):
        if name.startswith("tests/tidy/"):
            continue
        for number, line in enumerate(read(root, name).split("\n"), 1):
            if BANNED.search(line):
                yield f"{name}:{number}: promises work; do it or delete the line"


def includes(root, name):
    for number, line in enumerate(read(root, name).split("\n"), 1):
        match = re.match(r'\s*#include [<"]([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1)


def layer_problem(name, header):
    """Returns why `name` may not include `header`, or None."""
    if name.startswith("protos/codegen/"):
        return None
    domain = DOMAIN.match(name) and not DOMAIN_EDGE.search(name)
    is_test = name.startswith("tests/") or name.endswith("_test.cc")
    rules = [
        (name.startswith("services/common/base/") and not is_test
         and re.match(r"(services/common/(?!base/)|mpi/|gateway/|hie/|grpc|rocksdb|openssl|boost)",
                      header), "base stands on std and Abseil only"),
        (domain and re.match(r"(hie/.*\.(pb|methods)\.h|google/protobuf/)", header),
         "domain code takes no protobuf"),
        (domain and re.match(r"services/common/(rpc|storage|journal|outbox|json|wire)/", header),
         "domain code does no I/O"),
        (header.startswith(("grpcpp/", "grpc/")) and not name.startswith("services/common/rpc/")
         and not name.startswith("tests/"), "only services/common/rpc knows gRPC"),
        (header.startswith("rocksdb/") and not name.startswith("services/common/storage/")
         and not PROGRAMS.search(name), "only services/common/storage and programs know RocksDB"),
        (header.startswith(("simdjson", "services/common/json/")) and not JSON_ROOMS.match(name),
         "JSON has no place in this room"),
        (header.startswith("boost/beast") and not name.startswith(
            ("gateway/", "services/common/metrics/", "tests/")),
         "Beast stays in thin adapters"),
        (name.startswith("services/common/") and not is_test
         and re.match(r"(services/(?!common/)|mpi/|gateway/)", header),
         "the ground floor knows no room above it"),
        (name.startswith("mpi/") and not is_test
         and re.match(r"(services/(?!common/)|gateway/)", header),
         "the index knows no other service"),
        (name.startswith("gateway/") and not is_test
         and re.match(r"(services/(?!common/)|mpi/)", header)
         and not name.startswith("gateway/agent/"), "the gateway calls services by their protos"),
    ]
    for broken, why in rules:
        if broken:
            return why
    own = SERVICE.match(name)
    other = SERVICE.match(header)
    if own and not is_test and (header.startswith(("mpi/", "gateway/"))
                                or (other and other.group(0) != own.group(0))):
        return "no service includes another service's headers"
    return None


def check_layers(root):
    for name in files(root, CODE):
        for number, header in includes(root, name):
            why = layer_problem(name, header)
            if why:
                yield f"{name}:{number}: includes {header}: {why}"
        if "SystemClock" in read(root, name) and not (
                name.endswith("main.cc") or name.startswith(("tests/", "services/common/base/"))
                or name.endswith("_test.cc")):
            yield f"{name}: names SystemClock: real clocks are made in main.cc only"


def strip_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def check_rpcs(root):
    for name in files(root, (".proto",)):
        text = strip_comments(read(root, name))
        for match in re.finditer(r"\brpc (\w+)\s*\([^)]*\)\s*returns\s*\([^)]*\)\s*(\{[^}]*\}|;)",
                                 text):
            rpc, body = match.group(1), match.group(2)
            permission = re.search(r"\(hie\.options\.v1\.permission\)\s*=\s*PERMISSION_(\w+)", body)
            if not permission or permission.group(1) == "UNSPECIFIED":
                yield f"{name}: rpc {rpc}: declares no permission"
            if "idempotency_level" not in body:
                yield f"{name}: rpc {rpc}: does not say whether it is idempotent"


def check_phi(root):
    field = re.compile(r"^\s*(?:repeated |optional )?[\w.]+ (\w+) = \d+([^;]*);", re.M)
    for name in files(root, (".proto",)):
        text = strip_comments(read(root, name))
        package = re.search(r"^package ([\w.]+);", text, re.M)
        area = package.group(1) if package else ""
        for match in field.finditer(text):
            if match.group(1) not in PHI_NAMES or (area, match.group(1)) in PHI_EXCEPT:
                continue
            if re.match(r"\s*(hie\.common\.v1\.)?Demographics ", match.group(0).strip() + " "):
                continue
            if "phi) = true" not in match.group(2):
                yield f"{name}: field {match.group(1)}: carries no (phi)"


CHECKS = {
    "top-level": check_top_level,
    "lengths": check_lengths,
    "words": check_words,
    "layers": check_layers,
    "rpcs": check_rpcs,
    "phi": check_phi,
}


def main(root):
    problems = 0
    for rule, check in CHECKS.items():
        found = list(check(root))
        problems += len(found)
        for problem in found:
            print(f"tidy: {rule}: {problem}")
    print(f"tidy: {len(files(root, CODE))} C++ files, {len(files(root, ('.proto',)))} protos, "
          f"{len(CHECKS)} rules, {problems} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
