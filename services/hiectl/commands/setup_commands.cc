#include "services/hiectl/commands/setup_commands.h"

#include "absl/strings/str_cat.h"
#include "services/common/crypto/files.h"
#include "services/common/crypto/pki.h"
#include "services/common/member/directory_seed.h"
#include "services/hiectl/message_file.h"
#include "services/hiectl/region/people_csv.h"
#include "services/hiectl/region/region_writer.h"

namespace hie::ctl {
ExitCode GenRegion(const Context& context, const GenRegionOptions& options) {
  const auto counts = region::WriteRegion(
      {options.people, options.members, options.seed, options.out},
      [&](size_t done, size_t all) { context.output.Progress("charts", done, all); });
  if (!counts.ok()) return context.output.Fail(counts.status());
  context.output.RawJson(absl::StrCat(
      "{\"people\":", counts->people, ",\"registrations\":", counts->registrations,
      ",\"resources\":", counts->resources, ",\"documents\":", counts->documents, "}"));
  context.output.Line(absl::StrCat(options.out, ": ", counts->people, " people, ",
                                   counts->registrations, " registrations, ", counts->resources,
                                   " resources, ", counts->documents, " documents"));
  return ExitCode::kOk;
}

ExitCode GenPeople(const Context& context, const GenPeopleOptions& options) {
  const auto profile = region::ParsePeopleProfile(options.profile);
  if (!profile.ok()) return context.output.Fail(profile.status());
  constexpr uint64_t kUsualPeople = 10'000;
  const bool unlimited = options.people == 0 && options.records == 0;
  const auto counts = region::WritePeopleCsv(
      {*profile, unlimited ? kUsualPeople : options.people, options.records, options.seed},
      options.out, options.truth_column);
  if (!counts.ok()) return context.output.Fail(counts.status());
  context.output.RawJson(
      absl::StrCat("{\"people\":", counts->people, ",\"records\":", counts->records, "}"));
  context.output.Line(
      absl::StrCat(options.out, ": ", counts->people, " people, ", counts->records, " records"));
  return ExitCode::kOk;
}

ExitCode PkiInit(const Context& context, const PkiInitOptions& options) {
  const auto text = ReadInput(options.members);
  if (!text.ok()) return context.output.Fail(text.status());
  auto members = ParseDirectorySeed(*text);
  if (!members.ok()) return context.output.Fail(members.status());
  members->push_back(DemoOperator());
  crypto::PkiOptions pki;
  pki.directory = options.out;
  pki.now = context.clock.Now();
  pki.random = &context.random;
  for (const Member& member : *members) pki.members.push_back(member.id.value());
  const auto issued = crypto::InitPki(pki);
  if (!issued.ok()) return context.output.Fail(issued.status());
  for (size_t i = 0; i < issued->members.size(); ++i) {
    AddIssuedKeys(issued->members[i], (*members)[i]);
  }
  const std::string seed = absl::StrCat(options.out, "/", kDirectorySeedFile);
  if (const absl::Status written = crypto::WriteFileAtomically(seed, DirectorySeedText(*members),
                                                               crypto::FileAccess::kEverybody);
      !written.ok()) {
    return context.output.Fail(written);
  }
  context.output.Line(absl::StrCat(options.out, ": ", members->size(), " members, ",
                                   issued->files_written, " key files written"));
  return ExitCode::kOk;
}

}  // namespace hie::ctl
