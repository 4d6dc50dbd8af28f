#!/usr/bin/env python3
"""Measures matching by `hiectl match` and prints Markdown.

What it runs is what anybody can run: every figure is of one command, as its JSON says it; the kinds
of wrong links of generated people are counted here, from the truth columns that the generator
writes.  Nothing is asserted: floors are tests (services/hiectl/matching/floors_test.cc).
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

import wrong_links

SETS = [
    ("FEBRL4, 5,000 against 5,000", ["febrl4a.csv", "febrl4b.csv"], "febrl4"),
    ("FEBRL3, 5,000 records", ["febrl3.csv"], "febrl3"),
    ("FEBRL1, 1,000 records", ["febrl1.csv"], "febrl1"),
    ("RLdata500", ["RLdata500.csv"], "RLdata500"),
    ("OpenCR Uganda, 5,000 records", ["opencr_uganda.csv"], "opencr_uganda"),
    ("RecordLinker, 100 clusters", ["recordlinker_100_cluster_tuning_test.csv"],
     "recordlinker_100_cluster_tuning_test"),
]
PAIRS = ("miis_pairs_E3.csv", "miis_pairs_E3")
HELD_OUT_SEED = 20270401  # services/hiectl/region/people.h
# A region of a million gathers its source records in about this many days: what a day brings.
FEED_DAYS = 3650


def say(text):
    print(text, flush=True)


def run(arguments, timed=True):
    """Runs hiectl; returns its object and the wall time of the whole process."""
    start = time.monotonic()
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    wall = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(arguments)}: {done.stderr}")
    return (json.loads(done.stdout) if timed else done.stdout), wall


class Bench:
    def __init__(self, options):
        self.options = options
        self.hiectl = os.path.join(options.root, "build/release/bin/hiectl")
        self.data = options.data or os.path.join(options.root, "../shared/data/matching")
        self.columns = os.path.join(options.root, "tests/data/columns")

    def match(self, verb, inputs, columns, truth, out, *more):
        arguments = [self.hiectl, "match", verb, f"--out={out}", f"--truth={truth}", "-o", "json",
                     f"--columns={os.path.join(self.columns, columns + '.toml')}"]
        arguments += [f"--in={path}" for path in inputs] + list(more)
        arguments += [f"--model={self.options.model}"] if self.options.model else []
        return run(arguments)

    def path(self, name):
        return os.path.join(self.options.keep, name)

    def head(self):
        commit = subprocess.run(["git", "-C", self.options.root, "describe", "--always", "--dirty"],
                                capture_output=True, text=True, check=False).stdout.strip()
        cpu = "unknown processor"
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            for line in info:
                if line.startswith("model name"):
                    cpu = line.split(":", 1)[1].strip()
                    break
        with open("/proc/meminfo", encoding="utf-8") as info:
            memory = int(info.readline().split()[1]) / 1048576
        say(f"* machine: {cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}")
        say(f"* commit: {commit}")
        say(f"* seeds: samples 1; generator {self.options.seed}; two threads")

    def labelled(self):
        say("\n## Labelled public data\n\n`hiectl match link --in=... --columns=tests/data/columns/"
            "<set>.toml --truth=entity_id [--train]`\n")
        say("| data | model | precision | recall | F1 | wrong | missed | queue, % of records | pairs "
            "compared | s | MiB |\n|---|---|---|---|---|---|---|---|---|---|---|")
        models = set()
        for title, files, columns in SETS:
            paths = [os.path.join(self.data, name) for name in files]
            if not all(os.path.exists(path) for path in paths):
                say(f"| {title} | **SKIPPED: {paths[0]} is missing** | | | | | | | | | |")
                continue
            for word, more in (("as shipped", []), ("trained", ["--train"])):
                r, _ = self.match("link", paths, columns, "entity_id", self.path("links.csv"), *more)
                if not more:
                    models.add(f"{r['model']['name']} {r['model']['sha256']}")
                say(f"| {title} | {word} | {r['precision']:.4f} | {r['recall']:.4f} | {r['f1']:.4f} | "
                    f"{r['wrong_pairs']} | {r['missed_pairs']} | {100 * r['queue_share']:.2f} | "
                    f"{r['pairs_compared']:,} | {r['seconds']:.2f} | {r['peak_rss_mb']:.0f} |")
        for model in sorted(models):
            say(f"\nShipped model: `{model}`")

    def pairs(self):
        say("\n## Adjudicated pairs (MIIS E3)\n\n`hiectl match pairs --truth=expect [--train]`\n")
        path = os.path.join(self.data, PAIRS[0])
        if not os.path.exists(path):
            say(f"**SKIPPED: {path} is missing**")
            return
        tables = []
        say("| model | recall | non-matches linked | recall at 1 % of them | three-way accuracy | "
            "queue, % of pairs |\n|---|---|---|---|---|---|")
        for word, more in (("as shipped", []), ("trained", ["--train"])):
            r, _ = self.match("pairs", [path], PAIRS[1], "expect", self.path("scored.csv"), *more)
            say(f"| {word} | {r['recall']:.4f} | {100 * r['false_match_share']:.2f} % | "
                f"{r['recall_at_one_percent_false']:.4f} | {r['three_way_accuracy']:.4f} | "
                f"{100 * r['queue_share']:.2f} |")
            tables.append((word, r["confusion"]))
        say("\n| model | expected | link | review | no |\n|---|---|---|---|---|")
        for word, table in tables:
            for expected in ("link", "review", "no"):
                row = table[expected]
                say(f"| {word} | {expected} | {row['link']} | {row['review']} | {row['no']} |")

    def generate(self, profile, people):
        path = self.path(f"{profile}.csv")
        run([self.hiectl, "gen", "people", f"--people={people}", f"--seed={self.options.seed}",
             f"--profile={profile}", f"--out={path}"], timed=False)
        return path

    def generated(self):
        rows = []
        for people in self.options.people:
            path = self.generate("region", people)
            links, tasks = self.path("links.csv"), self.path("tasks.csv")
            r, wall = self.match("link", [path], "generated_region", "entity_id", links,
                                 f"--review={tasks}")
            wrong = wrong_links.count(path, links)
            rows.append((people, r, wall, wrong, wrong_links.tasks_of_newest(tasks, r["records"])))
            os.remove(path)
        self.tell_generated(rows)
        self.tell_speed(rows)

    def tell_generated(self, rows):
        held_out = ", the held-out seed" if self.options.seed == HELD_OUT_SEED else ""
        say(f"\n## Generated people (seed {self.options.seed}{held_out})\n\n"
            "`hiectl gen people --profile=region`, `hiectl match link`, shipped model.\n")
        say("| people | records | precision | recall | wrong pairs | twins linked | same-name "
            "relatives linked | largest false person | queue, % of records | new tasks a day per "
            "million |\n|---|---|---|---|---|---|---|---|---|---|")
        for people, r, _, wrong, share in rows:
            a_day = share * r["records"] / people * 1e6 / FEED_DAYS
            say(f"| {people:,} | {r['records']:,} | {r['precision']:.6f} | {r['recall']:.4f} | "
                f"{r['wrong_pairs']:,} | {wrong.twins} of {wrong.twins_all:,} | {wrong.namesakes} of "
                f"{wrong.namesakes_all:,} | {wrong.largest} | {100 * r['queue_share']:.2f} | "
                f"{a_day:.0f} |")
        say("\nTwins: two people of one household who share a birthday; same-name relatives: the same "
            "first and family name, no common birthday; counted over people in one cluster, of all "
            "such pairs of people in the file. Tasks a day: tasks that touch one of the last 1 % of "
            "the rows, which stand in random order, by these rows, times the source records that a "
            f"region of a million gathers in a day if it takes {FEED_DAYS / 365:.0f} years for all.")
        path = self.generate("chains", min(20_000, max(self.options.people)))
        links = self.path("links.csv")
        r, _ = self.match("link", [path], "generated_chains", "entity_id", links)
        wrong = wrong_links.count(path, links)
        say(f"\nChains made to mislead (`--profile=chains`, {r['records']:,} records): largest false "
            f"person {wrong.largest} people; {wrong.false_persons:,} of {wrong.persons:,} clusters hold "
            f"more than one person; {r['wrong_pairs']:,} wrong pairs of {r['linked_pairs']:,}; queue "
            f"{100 * r['queue_share']:.1f} % of records.")

    def tell_speed(self, rows):
        say("\n## Speed\n\n| what | pairs compared | s | pairs a second of the whole run | peak MiB | "
            "bytes a packed record |\n|---|---|---|---|---|---|")
        paths = [os.path.join(self.data, name) for name in SETS[0][1]]
        if all(os.path.exists(path) for path in paths):
            r, wall = self.match("link", paths, "febrl4", "entity_id", self.path("links.csv"))
            say(f"| FEBRL4, the whole command | {r['pairs_compared']:,} | {wall:.2f} | "
                f"{r['pairs_compared'] / wall:,.0f} | {r['peak_rss_mb']:.0f} | "
                f"{r['memory_per_record_bytes']:.0f} |")
        for people, r, wall, _, _ in rows:
            say(f"| {people:,} generated people, {r['records']:,} records | {r['pairs_compared']:,} | "
                f"{wall:.1f} | {r['pairs_compared'] / wall:,.0f} | {r['peak_rss_mb']:.0f} | "
                f"{r['memory_per_record_bytes']:.0f} |")
        say("\nSuch a run reads, normalises, counts values, finds candidates, compares, clusters and "
            "writes. Comparing alone (`matching_pairs_bench`: 20,000 generated people, 13 fields, pairs "
            "in the order of blocking):\n")
        say("| what | pairs a second |\n|---|---|")
        program = os.path.join(self.options.root, "build/release/bin/matching_pairs_bench")
        if not os.path.exists(program):
            say(f"| **SKIPPED: {program} is not built** | |")
            return
        result, _ = run([program, "--benchmark_format=json"])
        for kernel in result["benchmarks"]:
            name, threads = kernel["name"].split("/")[0][3:], kernel["threads"]
            say(f"| {name}, {threads} thread{'s' if threads > 1 else ''} | "
                f"{kernel['items_per_second']:,.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", required=True, help="the source tree; build/release beneath it")
    parser.add_argument("--data", help="labelled data; by default ../shared/data/matching")
    parser.add_argument("--people", type=int, action="append", help="sizes; by default 100000, 1000000")
    parser.add_argument("--seed", type=int, default=HELD_OUT_SEED, help="of the generator")
    parser.add_argument("--model", help="model file; by default the shipped model")
    parser.add_argument("--part", choices=["all", "labelled", "generated"], default="all")
    parser.add_argument("--keep", help="folder for what the runs write; by default a temporary one")
    options = parser.parse_args()
    options.people = options.people or [100_000, 1_000_000]
    with tempfile.TemporaryDirectory() as scratch:
        options.keep = options.keep or scratch
        bench = Bench(options)
        bench.head()
        if options.part != "generated":
            bench.labelled()
            bench.pairs()
        if options.part != "labelled":
            bench.generated()


if __name__ == "__main__":
    main()
