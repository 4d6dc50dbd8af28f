// What matching spends its time on, one pair or one record at a time.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "mpi/block/sound.h"
#include "mpi/compare/string_distance.h"
#include "mpi/normalize/date_text.h"
#include "mpi/normalize/features.h"
#include "mpi/normalize/full_name.h"
#include "mpi/normalize/nicknames.h"
#include "mpi/normalize/phone.h"

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

}  // namespace
}  // namespace hie::mpi

BENCHMARK_MAIN();
