#include "tests/fault/mpi_lines.h"

#include <cstdlib>
#include <map>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"
#include "services/hiectl/region/people.h"

namespace hie::fault {

std::vector<mpi::v1::LoadLine> GeneratedLines(uint64_t seed, size_t count) {
  std::vector<mpi::v1::LoadLine> lines;
  std::map<std::string, size_t> domains;
  region::PeopleOptions options;
  options.records = count;
  options.seed = seed;
  const auto made = region::GeneratePeople(options, [&](const region::GeneratedRecord& record) {
    const size_t domain = domains.emplace(record.source, domains.size() + 1).first->second;
    mpi::v1::LoadLine& line = lines.emplace_back();
    line.mutable_patient()->set_assigning_authority(absl::StrCat("2.999.", domain));
    line.mutable_patient()->set_id(record.mrn);
    *line.mutable_demographics() = wire::ToProto(record.demographics);
  });
  if (!made.ok()) std::abort();
  std::mt19937_64 random(seed);
  for (size_t i = lines.size(); i > 1; --i) std::swap(lines[i - 1], lines[random() % i]);
  // One in thirty is an earlier id with what another line says of it now.
  for (size_t i = 30; i < lines.size(); i += 30) {
    *lines[i].mutable_patient() = lines[random() % i].patient();
  }
  for (size_t i = 0; i < lines.size(); ++i) lines[i].set_line_number(i + 1);
  return lines;
}

mpi::v1::BeginLoad GeneratedLoad(uint64_t seed) {
  mpi::v1::BeginLoad begin;
  begin.mutable_actor()->set_member("lakes");
  begin.set_load_id("018bcfe5-6800-7000-8000-00000000abcd");
  begin.set_input_sha256(crypto::Sha256(absl::StrCat(seed)));
  return begin;
}

}  // namespace hie::fault
