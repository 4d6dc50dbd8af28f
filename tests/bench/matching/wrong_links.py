"""Counts what a linked file of generated people has wrong, by kind."""

import collections
import csv
import itertools

NO_BIRTHDAYS = {"", "1900-01-01"}  # What the generator writes for an unknown one.


class Person:
    """What the records of one person say."""

    def __init__(self, household):
        self.household = household
        self.born = set()
        self.names = set()

    def add(self, row):
        if row["birth_date"] not in NO_BIRTHDAYS:
            self.born.add(row["birth_date"])
        given = row["given"].split()
        if given:
            self.names.add((given[0].lower(), row["family"].lower()))


class WrongLinks:
    twins = namesakes = twins_all = namesakes_all = 0
    largest = 1  # People in one cluster.
    persons = false_persons = 0  # Clusters; those that hold several people.


def kind(a, b):
    """Returns twins, namesakes or nothing for two people of one household."""
    if a.born & b.born:
        return "twins"
    return "namesakes" if a.names & b.names else ""


def count(people_csv, links_csv):
    people, entities = {}, []
    with open(people_csv, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            entity = row["entity_id"]
            entities.append(entity)
            person = people.get(entity)
            if person is None:
                person = people[entity] = Person(row["household_id"])
            person.add(row)
    clusters = collections.defaultdict(set)
    with open(links_csv, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            clusters[row["cluster"]].add(entities[int(row["row"]) - 1])
    result = WrongLinks()
    result.persons = len(clusters)
    for cluster in clusters.values():
        result.largest = max(result.largest, len(cluster))
        result.false_persons += len(cluster) > 1
        for a, b in itertools.combinations(sorted(cluster), 2):
            if people[a].household == people[b].household:
                word = kind(people[a], people[b])
                result.twins += word == "twins"
                result.namesakes += word == "namesakes"
    households = collections.defaultdict(list)
    for person in people.values():
        households[person.household].append(person)
    for members in households.values():
        for a, b in itertools.combinations(members, 2):
            word = kind(a, b)
            result.twins_all += word == "twins"
            result.namesakes_all += word == "namesakes"
    return result


def tasks_of_newest(tasks_csv, records, share=0.01):
    """Returns review tasks a record that touch one of the last `share` of the rows."""
    newest = int(records * (1 - share))
    tasks = 0
    with open(tasks_csv, encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            tasks += max(int(row["row_a"]), int(row["row_b"])) > newest
    return tasks / max(records - newest, 1)
