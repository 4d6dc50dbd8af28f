#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mpi/service/preview_record.h"
#include "mpi/service/query_persons.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/person_view.h"
#include "mpi/store/random_people.h"
#include "mpi/store/tables.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "tests/support/status_matchers.h"

namespace hie::mpi {
namespace {

using ::hie::testing::IsOk;
using ::hie::testing::ValueOrDie;

std::vector<std::string> AllTables() {
  std::vector<std::string> tables = StateTables();
  tables.emplace_back(outbox::kTable);
  return tables;
}

template <size_t N>
const char* Pick(RandomPeople& random, const std::array<const char*, N>& from) {
  return from[random.Below(N)];
}

constexpr std::array<const char*, 6> kCities = {"Northfield", "Århus", "St. Paul",
                                                "north bay",  "",      "Paul"};
constexpr std::array<const char*, 6> kPostal = {"48909",   "48909-1234", "4 8909",
                                                "AB1 2CD", "ab12cd",     ""};
constexpr std::array<const char*, 5> kDates = {"1950", "1951-02", "1951-02-11", "1952-03-12", ""};
constexpr std::array<const char*, 6> kNames = {"Vega-López", "lopez", "LÓPEZ vega",
                                               "O'Brien",    "--",    "Smith"};
constexpr std::array<const char*, 5> kPhones = {"(906) 389-8570", "9063898570", "+1 906 389 8571",
                                                "389-8570", "x"};

// Says more than matching needs: what searches ask about.
void Enrich(RandomPeople& random, common::v1::Demographics& d) {
  auto& address = *d.add_addresses();
  address.set_city(Pick(random, kCities));
  address.set_state(random.Below(2) == 0 ? "MN" : "Mn.");
  address.set_postal_code(Pick(random, kPostal));
  address.set_country(random.Below(2) == 0 ? "USA" : "");
  if (random.Below(3) == 0) d.set_birth_date(Pick(random, kDates));
  if (random.Below(3) == 0) d.mutable_names(0)->set_family(Pick(random, kNames));
  if (random.Below(4) == 0) d.add_names()->set_family(Pick(random, kNames));
  if (random.Below(2) == 0) d.add_phones(Pick(random, kPhones));
  if (random.Below(4) == 0) d.add_emails("Ana@Example.org");
  if (random.Below(4) == 0) d.set_mother_maiden_name(Pick(random, kNames));
  if (random.Below(12) == 0) d.set_protected_record(true);
  if (random.Below(4) == 0) {
    auto& identifier = *d.add_identifiers();
    identifier.set_system("urn:oid:2.999.77");
    identifier.set_value(random.Below(2) == 0 ? "X-1" : "mrn-1");
  }
}

// An index after a random history.
class RandomIndex {
 public:
  explicit RandomIndex(uint64_t seed)
      : random(seed), machine_(DefaultModel()), store_(AllTables()) {
    for (int i = 0; i < 40; ++i) (void)Apply(Command());
  }

  v1::MpiCommand Command() {
    v1::MpiCommand command = random.Command();
    if (command.has_register_()) {
      Enrich(random, *command.mutable_register_()->mutable_demographics());
    }
    return command;
  }

  absl::StatusOr<std::string> Apply(const v1::MpiCommand& command) {
    const Stamp stamp{++sequence_, absl::UnixEpoch() + absl::Microseconds(sequence_)};
    WriteBatch changes;
    auto reply =
        machine_.Apply(command.SerializeAsString(), "", stamp, *store_.Snapshot(), changes);
    if (reply.ok()) {
      EXPECT_THAT(store_.Write(changes, Durability::kBuffered), IsOk());
    }
    return reply;
  }

  std::shared_ptr<const KvReader> Snapshot() const { return store_.Snapshot(); }

  RandomPeople random;

 private:
  MpiMachine machine_;
  MemoryKvStore store_;
  uint64_t sequence_ = 0;
};

std::string RandomEid(RandomIndex& index) {
  const auto rows = ValueOrDie(index.Snapshot()->ScanPrefix(kPersonsTable, ""));
  return rows.empty() ? "none" : rows[index.random.Below(rows.size())].key;
}

std::string RandomIdentifier(RandomPeople& random) {
  switch (random.Below(6)) {
    case 0:
      return absl::StrCat("MRN-", random.Below(8));
    case 1:
      return absl::StrCat("2.999.", 1 + random.Below(3), "|");
    case 2:
      return "2.999.77|x1";
    case 3:
      return absl::StrFormat("http://hl7.org/fhir/sid/us-ssn|657-68-034%d", random.Below(8));
    default:
      return absl::StrCat("urn:oid:2.999.", 1 + random.Below(3), "|MRN-", random.Below(8));
  }
}

void AddRange(RandomPeople& random, v1::PersonCondition& condition) {
  v1::PersonRange& range = *condition.add_ranges();
  const bool days = condition.field() == v1::PERSON_FIELD_BIRTH_DATE;
  const auto side = [&] {
    return days ? absl::StrFormat("19%02d-0%d-1%d", 50 + random.Below(4), 1 + random.Below(4),
                                  random.Below(4))
                : absl::StrCat(random.Below(45));
  };
  if (random.Below(4) != 0) range.set_from(side());
  if (random.Below(4) != 0) range.set_to(side());
}

std::string RandomValue(RandomIndex& index, v1::PersonField field) {
  RandomPeople& random = index.random;
  constexpr std::array<const char*, 4> kSexes = {"male", "female", "unknown", "other"};
  constexpr std::array<const char*, 8> kTexts = {"l", "Lars", "vega lo", "smith",
                                                 "M", "mia",  "pierce",  "usa"};
  switch (field) {
    case v1::PERSON_FIELD_EID:
      return RandomEid(index);
    case v1::PERSON_FIELD_IDENTIFIER:
      return RandomIdentifier(random);
    case v1::PERSON_FIELD_SEX:
      return Pick(random, kSexes);
    case v1::PERSON_FIELD_TELECOM:
      return random.Below(4) == 0 ? "ana@example.org" : Pick(random, kPhones);
    case v1::PERSON_FIELD_POSTAL_CODE:
      return random.Below(2) == 0 ? "489" : "4";
    default:
      return random.Below(3) == 0 ? Pick(random, kNames) : Pick(random, kTexts);
  }
}

v1::QueryPersonsRequest RandomQuery(RandomIndex& index) {
  v1::QueryPersonsRequest request;
  RandomPeople& random = index.random;
  const uint64_t conditions = 1 + random.Below(3);
  for (uint64_t i = 0; i < conditions; ++i) {
    v1::PersonCondition& condition = *request.add_conditions();
    condition.set_field(static_cast<v1::PersonField>(1 + random.Below(15)));
    condition.set_match(static_cast<v1::TextMatch>(random.Below(3)));
    const bool ranged = condition.field() == v1::PERSON_FIELD_BIRTH_DATE ||
                        condition.field() == v1::PERSON_FIELD_CHANGED;
    const uint64_t count = 1 + random.Below(2);
    for (uint64_t k = 0; k < count; ++k) {
      if (ranged) {
        AddRange(random, condition);
      } else {
        condition.add_values(RandomValue(index, condition.field()));
      }
    }
  }
  request.set_limit(static_cast<uint32_t>(random.Below(3) == 0 ? 1 + random.Below(3) : 0));
  request.set_include_protected(random.Below(3) == 0);
  return request;
}

// One record with all that conditions may ask about it.
struct Scanned {
  common::v1::LocalPatient patient;
  QueriedRecord record;
  QueriedPerson person;
  v1::Person view;
  bool is_protected = false;
};

std::vector<Scanned> ScanAll(const MpiReader& reader) {
  std::vector<Scanned> all;
  const RecordNumber last = ValueOrDie(reader.LastRecord());
  for (RecordNumber number = 1; number <= last; ++number) {
    const v1::RecordRow row = ValueOrDie(reader.Record(number));
    const auto record = ValueOrDie(LoadQueried(reader, number, row));
    if (!record) continue;
    Scanned scanned{row.record().patient(), *record, {}, ValueOrDie(ViewPerson(reader, row.eid()))};
    const auto& aliases = scanned.view.aliases();
    scanned.person = {row.eid(), {aliases.begin(), aliases.end()}, ChangedMicros(scanned.view)};
    for (const v1::Record& other : scanned.view.records()) {
      const bool live = !other.removed() && !other.has_merged_into();
      scanned.is_protected =
          scanned.is_protected || (live && other.demographics().protected_record());
    }
    all.push_back(std::move(scanned));
  }
  return all;
}

// Every record against every condition, one by one.
v1::QueryPersonsResponse Naive(const std::vector<Scanned>& all, const PersonQuery& query) {
  std::map<std::string, v1::PersonMatch> matches;
  for (const Scanned& scanned : all) {
    const bool shown = !scanned.is_protected || NamesThePerson(query.conditions) ||
                       query.protected_records == ProtectedRecords::kIncluded;
    if (!shown || !MeetsAll(scanned.record, scanned.person, query.conditions)) continue;
    v1::PersonMatch& match = matches[scanned.person.eid];
    *match.mutable_person() = scanned.view;
    *match.add_matched() = scanned.patient;
  }
  v1::QueryPersonsResponse response;
  response.set_too_many(matches.size() > query.limit);
  if (response.too_many()) return response;
  for (const auto& [eid, match] : matches) *response.add_matches() = match;
  return response;
}

TEST(QueryPersonsPropertyTest, TheIndexFindsWhatAScanFinds) {
  int found = 0;
  int too_many = 0;
  int too_costly = 0;
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomIndex index(seed);
    const auto snapshot = index.Snapshot();
    const MpiReader reader(*snapshot);
    const std::vector<Scanned> all = ScanAll(reader);
    for (int i = 0; i < 120; ++i) {
      const v1::QueryPersonsRequest request = RandomQuery(index);
      const PersonQuery query = ValueOrDie(ReadQuery(request));
      const auto answer = ValueOrDie(QueryPersons(reader, query));
      if (answer.too_costly()) {
        ++too_costly;
        ASSERT_TRUE(answer.matches().empty());
        continue;
      }
      ASSERT_EQ(answer.SerializeAsString(), Naive(all, query).SerializeAsString())
          << request.ShortDebugString();
      found += answer.matches_size();
      too_many += answer.too_many();
    }
  }
  std::cout << "found " << found << ", too many " << too_many << ", too costly " << too_costly
            << "\n";
  EXPECT_GT(found, 500);
  EXPECT_GT(too_many, 20);
}

TEST(PreviewRecordPropertyTest, APreviewIsWhatHappens) {
  std::map<v1::LinkOutcome, int> outcomes;
  for (uint64_t seed = 200; seed < 215; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    RandomIndex index(seed);
    for (int i = 0; i < 40; ++i) {
      v1::MpiCommand command = index.Command();
      if (!command.has_register_()) {
        (void)index.Apply(command);
        continue;
      }
      command.mutable_register_()->clear_kind();
      command.mutable_register_()->clear_event_micros();
      command.mutable_register_()->clear_expected_version();
      const auto before = index.Snapshot();
      const auto preview = PreviewRecord(*before, command.register_(), {~0ULL, absl::UnixEpoch()},
                                         {"fresh-1", "fresh-2", "fresh-3"}, DefaultModel());
      const auto reply = index.Apply(command);
      ASSERT_EQ(preview.ok(), reply.ok());
      if (!reply.ok()) continue;
      v1::RegisterReply registered;
      ASSERT_TRUE(registered.ParseFromString(*reply));
      ASSERT_EQ(preview->outcome(), registered.outcome());
      ++outcomes[registered.outcome()];
      if (preview->outcome() == v1::LINK_OUTCOME_LINKED) {
        ASSERT_EQ(preview->eid(), registered.eid());
      }
      if (preview->outcome() != v1::LINK_OUTCOME_HELD) {
        ASSERT_EQ(preview->best_weight_millibits(), registered.best_weight_millibits());
      }
    }
  }
  for (const auto outcome : {v1::LINK_OUTCOME_LINKED, v1::LINK_OUTCOME_REVIEW, v1::LINK_OUTCOME_NEW,
                             v1::LINK_OUTCOME_HELD}) {
    EXPECT_GT(outcomes[outcome], 5) << v1::LinkOutcome_Name(outcome);
  }
}

}  // namespace
}  // namespace hie::mpi
