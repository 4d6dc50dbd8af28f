// What matching spends its time on, one pair or one record at a time.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "mpi/block/block_key.h"
#include "mpi/block/sound.h"
#include "mpi/compare/agreement.h"
#include "mpi/compare/record_table.h"
#include "mpi/compare/string_distance.h"
#include "mpi/normalize/date_text.h"
#include "mpi/normalize/features.h"
#include "mpi/normalize/full_name.h"
#include "mpi/normalize/nicknames.h"
#include "mpi/normalize/phone.h"
#include "mpi/score/score.h"

namespace hie::mpi {
namespace {

// Pairs as blocking brings them together: misspelt, shortened, and mostly different.
constexpr std::array<absl::string_view, 16> kNames = {
    "larssen",   "larsen",    "williams", "wiliams",   "fyodor",     "theodore",
    "hernandez", "fernandez", "delacruz", "cruz",      "washington", "wasington",
    "kathryn",   "catherine", "smith",    "montgomery"};

template <typename Kernel>
void OverPairs(benchmark::State& state, Kernel kernel) {
  size_t pair = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(kernel(kNames[pair % 16], kNames[(pair / 16) % 16]));
    ++pair;
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_JaroWinkler(benchmark::State& state) { OverPairs(state, JaroWinklerPerMille); }
BENCHMARK(BM_JaroWinkler);

void BM_DamerauUpToTwo(benchmark::State& state) {
  OverPairs(state,
            [](absl::string_view a, absl::string_view b) { return DamerauDistance(a, b, 2); });
}
BENCHMARK(BM_DamerauUpToTwo);

void BM_DamerauUnlimited(benchmark::State& state) {
  OverPairs(state,
            [](absl::string_view a, absl::string_view b) { return DamerauDistance(a, b, 99); });
}
BENCHMARK(BM_DamerauUnlimited);

void BM_OneEditApart(benchmark::State& state) { OverPairs(state, OneEditApart); }
BENCHMARK(BM_OneEditApart);

void BM_ShareNicknameGroup(benchmark::State& state) { OverPairs(state, ShareNicknameGroup); }
BENCHMARK(BM_ShareNicknameGroup);

// Words of `range` bytes that differ in the middle.
void BM_JaroWinklerByLength(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  std::string a;
  for (size_t i = 0; i < bytes; ++i) a += static_cast<char>('a' + i * 7 % 26);
  std::string b = a;
  std::swap(b[bytes / 2], b[bytes / 2 - 1]);
  for (auto _ : state) benchmark::DoNotOptimize(JaroWinklerPerMille(a, b));
}
BENCHMARK(BM_JaroWinklerByLength)->Arg(8)->Arg(16)->Arg(32)->Arg(64)->Arg(256)->Arg(10'000);

void BM_DamerauByLength(benchmark::State& state) {
  const auto bytes = static_cast<size_t>(state.range(0));
  const std::string a(bytes, 'a');
  std::string b = a;
  b.front() = 'b';
  b.back() = 'b';
  for (auto _ : state) benchmark::DoNotOptimize(DamerauDistance(a, b, 2));
}
BENCHMARK(BM_DamerauByLength)->Arg(8)->Arg(16)->Arg(32)->Arg(64)->Arg(256)->Arg(10'000);

template <typename Kernel>
void OverNames(benchmark::State& state, Kernel kernel) {
  size_t name = 0;
  for (auto _ : state) benchmark::DoNotOptimize(kernel(kNames[name++ % kNames.size()]));
}

void BM_SoundOf(benchmark::State& state) { OverNames(state, SoundOf); }
BENCHMARK(BM_SoundOf);

void BM_PhoneticOf(benchmark::State& state) { OverNames(state, PhoneticOf); }
BENCHMARK(BM_PhoneticOf);

void BM_NicknameGroups(benchmark::State& state) { OverNames(state, NicknameGroups); }
BENCHMARK(BM_NicknameGroups);

void BM_IsCommonGivenName(benchmark::State& state) { OverNames(state, IsCommonGivenName); }
BENCHMARK(BM_IsCommonGivenName);

// A usual US record: two given names, birth date, SSN, telephone, one address.
Demographics UsualRecord() {
  Demographics d;
  d.names = {{"official", "Larssen", {"Fyodor", "Ridgeway"}, ""}};
  d.birth_date = CivilDate{2007, 12, 25};
  d.sex = AdministrativeSex::kMale;
  d.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", "657-68-0344"}};
  d.phones = {"(906)389-8576"};
  d.addresses = {{{"52 N. Williamson Cir.", "Apt 4B"}, "Lansing", "MI", "48909"}};
  return d;
}

void BM_NormalizeName(benchmark::State& state) {
  const Demographics d = UsualRecord();
  for (auto _ : state) benchmark::DoNotOptimize(NormalizeName(d.names[0]));
}
BENCHMARK(BM_NormalizeName);

void BM_NormalizeAddress(benchmark::State& state) {
  const Demographics d = UsualRecord();
  for (auto _ : state) benchmark::DoNotOptimize(NormalizeAddress(d.addresses[0]));
}
BENCHMARK(BM_NormalizeAddress);

void BM_NormalizePhone(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(NormalizePhone("(906)389-8576"));
}
BENCHMARK(BM_NormalizePhone);

void BM_SplitFullName(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(SplitFullName("de la Cruz, Juan Carlos, Jr."));
}
BENCHMARK(BM_SplitFullName);

void BM_ParseDateText(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ParseDateText("12/25/2007", DateOrder::kAuto));
}
BENCHMARK(BM_ParseDateText);

void BM_NormalizeRecord(benchmark::State& state) {
  const Demographics d = UsualRecord();
  const LocalPatient patient{"2.999.1", Phi<std::string>("MRN-1790046"), 1};
  for (auto _ : state) benchmark::DoNotOptimize(NormalizeRecord(patient, d));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_NormalizeRecord);

// Sixteen people of twelve fields: name, middle name, birth date, sex, SSN, telephone, e-mail,
// address, licence, mother's maiden name and two extra fields.  Every fourth is the one before it
// with a misspelt name and another telephone.
RecordTable TwelveFields() {
  RecordTable table;
  for (size_t i = 0; i < 16; ++i) {
    const bool again = i % 4 == 3;
    const size_t who = again ? i - 1 : i;
    Demographics d = UsualRecord();
    d.names = {{"official",
                std::string(kNames[who]) + (again ? "x" : ""),
                {std::string(kNames[(who + 5) % 16]), std::string(kNames[(who + 9) % 16])},
                ""}};
    d.birth_date->day = static_cast<int>(1 + who);
    d.identifiers = {{"http://hl7.org/fhir/sid/us-ssn", "657-68-03" + std::to_string(10 + who)},
                     {"urn:oid:2.16.840.1.113883.4.3.26", "L4567" + std::to_string(10 + who)}};
    d.phones = {"(906)389-85" + std::to_string(10 + i)};
    d.emails = {std::string(kNames[who]) + "@example.org"};
    d.addresses[0].lines[0] = std::to_string(50 + who % 5) + " N. Williamson Cir.";
    d.mother_maiden_name = std::string(kNames[(who + 3) % 16]);
    Features features = Normalize(d);
    features.extras[0] = std::string(kNames[(who + 7) % 16]);
    features.extras[1] = std::string(kNames[who / 4]);
    table.Add(features, 0);
  }
  return table;
}

template <typename Comparison>
void OverRecords(benchmark::State& state, Comparison compare) {
  const RecordTable table = TwelveFields();
  size_t pair = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(compare(table.record(pair % 16), table.record((pair / 16) % 16)));
    ++pair;
  }
  state.SetItemsProcessed(state.iterations());
}

void BM_CompareFamilyNames(benchmark::State& state) { OverRecords(state, CompareFamilyNames); }
BENCHMARK(BM_CompareFamilyNames);

void BM_CompareGivenNames(benchmark::State& state) { OverRecords(state, CompareGivenNames); }
BENCHMARK(BM_CompareGivenNames);

void BM_CompareMiddleNames(benchmark::State& state) { OverRecords(state, CompareMiddleNames); }
BENCHMARK(BM_CompareMiddleNames);

void BM_CompareBirthDates(benchmark::State& state) {
  OverRecords(state,
              [](const PackedView& a, const PackedView& b) { return CompareBirthDates(a, b); });
}
BENCHMARK(BM_CompareBirthDates);

void BM_CompareSsns(benchmark::State& state) { OverRecords(state, CompareSsns); }
BENCHMARK(BM_CompareSsns);

void BM_ComparePhones(benchmark::State& state) { OverRecords(state, ComparePhones); }
BENCHMARK(BM_ComparePhones);

void BM_CompareEmails(benchmark::State& state) { OverRecords(state, CompareEmails); }
BENCHMARK(BM_CompareEmails);

void BM_CompareAddresses(benchmark::State& state) { OverRecords(state, CompareAddresses); }
BENCHMARK(BM_CompareAddresses);

void BM_CompareIdentifiers(benchmark::State& state) { OverRecords(state, CompareIdentifiers); }
BENCHMARK(BM_CompareIdentifiers);

void BM_CompareMotherMaiden(benchmark::State& state) { OverRecords(state, CompareMotherMaiden); }
BENCHMARK(BM_CompareMotherMaiden);

void BM_CompareExtra(benchmark::State& state) {
  OverRecords(state,
              [](const PackedView& a, const PackedView& b) { return CompareExtra(a, b, 0); });
}
BENCHMARK(BM_CompareExtra);

void BM_CompareSex(benchmark::State& state) {
  OverRecords(state, [](const PackedView& a, const PackedView& b) {
    return CompareSex(static_cast<AdministrativeSex>(a.header().sex),
                      static_cast<AdministrativeSex>(b.header().sex));
  });
}
BENCHMARK(BM_CompareSex);

void BM_CompareGenerations(benchmark::State& state) {
  OverRecords(state, [](const PackedView& a, const PackedView& b) {
    return CompareGenerations(static_cast<Generation>(a.header().generation),
                              static_cast<Generation>(b.header().generation));
  });
}
BENCHMARK(BM_CompareGenerations);

void BM_CompareBirthOrder(benchmark::State& state) {
  OverRecords(state, [](const PackedView& a, const PackedView& b) {
    return CompareBirthOrder(a.header().birth_order, b.header().birth_order);
  });
}
BENCHMARK(BM_CompareBirthOrder);

void BM_CompareTwelveFields(benchmark::State& state) {
  OverRecords(state, [](const PackedView& a, const PackedView& b) { return Compare(a, b); });
}
BENCHMARK(BM_CompareTwelveFields);

void BM_CompareAndScoreTwelveFields(benchmark::State& state) {
  const Model& model = DefaultModel();
  OverRecords(
      state, [&](const PackedView& a, const PackedView& b) { return Score(Compare(a, b), model); });
}
BENCHMARK(BM_CompareAndScoreTwelveFields);

void BM_Score(benchmark::State& state) {
  const RecordTable table = TwelveFields();
  const Agreement agreement = Compare(table.record(2), table.record(3));
  for (auto _ : state) benchmark::DoNotOptimize(Score(agreement, DefaultModel()));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Score);

void BM_MakeBlockKeys(benchmark::State& state) {
  const RecordTable table = TwelveFields();
  std::vector<BlockKey> keys;
  size_t row = 0;
  for (auto _ : state) {
    MakeBlockKeys(table.record(row++ % 16), keys);
    benchmark::DoNotOptimize(keys.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_MakeBlockKeys);

void BM_Pack(benchmark::State& state) {
  const Features features = Normalize(UsualRecord());
  for (auto _ : state) benchmark::DoNotOptimize(Pack(features));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_Pack);

}  // namespace
}  // namespace hie::mpi

BENCHMARK_MAIN();
