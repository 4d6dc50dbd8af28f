#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/members/fhir_patient.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/json/reader.h"
#include "services/common/wire/wire.h"
#include "services/hiectl/commands/onboarding_commands.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/message_file.h"
#include "services/hiectl/onboarding/feed_survey.h"
#include "services/hiectl/onboarding/mllp_sender.h"
#include "services/hiectl/onboarding/sample_files.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;
using Tally = std::map<std::string, uint64_t>;

constexpr size_t kBatch = 100;
constexpr absl::Duration kAnswerTime = absl::Seconds(30);

// A message or a patient, and where it stood.
struct Sample {
  std::string file;
  std::string text;
};

ExitCode PrintTally(const Context& context, const char* head, const Tally& tally,
                    const std::function<bool(const std::string&)>& good) {
  std::vector<std::vector<std::string>> rows = {{head, "count"}};
  bool all_good = true;
  for (const auto& [word, count] : tally) {
    rows.push_back({word, absl::StrCat(count)});
    all_good = all_good && good(word);
  }
  context.output.Table(rows);
  return all_good ? ExitCode::kOk : ExitCode::kPartial;
}

absl::StatusOr<std::vector<Sample>> ReadMessages(const std::vector<std::string>& files) {
  std::vector<Sample> samples;
  for (const std::string& file : files) {
    HIE_ASSIGN_OR_RETURN(const std::string bytes, ReadInput(file));
    for (const absl::string_view message : SplitMessages(bytes)) {
      samples.push_back({file, std::string(message)});
    }
  }
  return samples;
}

ExitCode ReplayMessages(const Context& context, const std::vector<Sample>& samples,
                        const std::string& to) {
  auto sender = MllpSender::Dial(to, kAnswerTime);
  if (!sender.ok()) return context.output.Fail(sender.status());
  Tally codes;
  size_t done = 0;
  for (const Sample& sample : samples) {
    const absl::StatusOr<std::string> code = (*sender)->Send(sample.text);
    if (!code.ok()) {
      context.output.Note(absl::StrCat(sample.file, ": after ", done, " messages"));
      return context.output.Fail(code.status());
    }
    ++codes[*code];
    if (*code != "AA" && *code != "CA") context.output.Note(absl::StrCat(sample.file, ": ", *code));
    context.output.Progress("messages sent", ++done, samples.size());
  }
  return PrintTally(context, "acknowledged", codes,
                    [](const std::string& code) { return code == "AA" || code == "CA"; });
}

absl::StatusOr<directory::v1::Member> OwnMember(Session& session) {
  HIE_ASSIGN_OR_RETURN(const auto list, session.Call<ExchangeService::ListMembers>({}));
  for (const exchange::v1::MemberStatus& status : list.members()) {
    if (status.member().id() == session.member()) return status.member();
  }
  return absl::NotFoundError("your member is not in the directory");
}

// The identifier that stands in one of the member's domains.
std::optional<common::v1::LocalPatient> LocalPatientOf(const json::Value& patient,
                                                       const directory::v1::Member& member) {
  for (const json::Value& identifier : patient.Each("identifier")) {
    const absl::string_view system = absl::StripPrefix(identifier.Text("system"), "urn:oid:");
    for (const directory::v1::PatientIdDomain& domain : member.domains()) {
      if (domain.oid() != system) continue;
      common::v1::LocalPatient local;
      local.set_assigning_authority(domain.oid());
      local.set_id(std::string(identifier.Text("value")));
      return local;
    }
  }
  return std::nullopt;
}

absl::StatusOr<exchange::v1::RegisterPatient> ReadPatient(const std::string& line,
                                                          const directory::v1::Member& member) {
  HIE_ASSIGN_OR_RETURN(const json::Value patient, json::Read(line));
  if (patient.Text("resourceType") != "Patient") {
    return absl::InvalidArgumentError("want a FHIR Patient on each line");
  }
  const auto local = LocalPatientOf(patient, member);
  if (!local) return absl::InvalidArgumentError("identifier: want one in a domain of your member");
  exchange::v1::RegisterPatient registered;
  *registered.mutable_patient() = *local;
  *registered.mutable_demographics() = wire::ToProto(members::ReadDemographics(patient));
  return registered;
}

absl::StatusOr<std::vector<exchange::v1::RegisterPatient>> ReadPatients(
    const std::vector<std::string>& files, const directory::v1::Member& member) {
  std::vector<exchange::v1::RegisterPatient> patients;
  for (const std::string& file : files) {
    HIE_ASSIGN_OR_RETURN(const std::string bytes, ReadInput(file));
    size_t number = 0;
    for (const absl::string_view line : absl::StrSplit(bytes, '\n')) {
      ++number;
      if (absl::StripAsciiWhitespace(line).empty()) continue;
      auto patient = ReadPatient(std::string(line), member);
      if (!patient.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat(file, ":", number, ": ", patient.status().message()));
      }
      patients.push_back(*std::move(patient));
    }
  }
  return patients;
}

// Feeds one method with batches, and counts what became of each patient.
template <typename Method>
ExitCode FeedAll(const Context& context, Session& session,
                 const std::vector<exchange::v1::RegisterPatient>& patients, const char* head) {
  Tally outcomes;
  for (size_t at = 0; at < patients.size(); at += kBatch) {
    typename Method::Request request;
    const size_t end = std::min(patients.size(), at + kBatch);
    for (size_t i = at; i < end; ++i) *request.add_patients() = patients[i];
    const auto answer = session.Call<Method>(request);
    if (!answer.ok()) return context.output.Fail(answer.status());
    context.output.Json(*answer);
    for (int i = 0; i < answer->patients_size(); ++i) {
      const auto& patient = answer->patients(i);
      ++outcomes[patient.problem().empty()
                     ? ShortName(mpi::v1::LinkOutcome_Name(patient.outcome()), "LINK_OUTCOME_")
                     : "failed: " + patient.problem()];
    }
    context.output.Progress("patients fed", end, patients.size());
  }
  return PrintTally(context, head, outcomes, [](const std::string& outcome) {
    return !absl::StartsWith(outcome, "failed: ");
  });
}

ExitCode ReplayPatients(const Context& context, const std::vector<std::string>& files) {
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto member = OwnMember(**session);
  if (!member.ok()) return context.output.Fail(member.status());
  const auto patients = ReadPatients(files, *member);
  if (!patients.ok()) return context.output.Fail(patients.status());
  if (member->state() == directory::v1::MEMBER_STATE_LIVE) {
    return FeedAll<ExchangeService::RegisterPatients>(context, **session, *patients, "registered");
  }
  context.output.Note("The member is not LIVE: nothing is registered, this is what would be.");
  return FeedAll<ExchangeService::PreviewPatients>(context, **session, *patients,
                                                   "would be registered");
}

}  // namespace

ExitCode MemberReplay(const Context& context, const ReplayOptions& options) {
  const auto files = FilesBelow(options.folder);
  if (!files.ok()) return context.output.Fail(files.status());
  std::vector<std::string> patients;
  std::vector<std::string> others;
  for (const std::string& file : *files) {
    (absl::EndsWith(file, ".ndjson") ? patients : others).push_back(file);
  }
  const auto messages = ReadMessages(others);
  if (!messages.ok()) return context.output.Fail(messages.status());
  if (messages->empty() && patients.empty()) {
    return context.output.Fail(absl::NotFoundError(
        absl::StrCat(options.folder, ": holds no HL7 v2 message and no .ndjson file")));
  }
  ExitCode code = ExitCode::kOk;
  if (!messages->empty()) {
    if (options.to.empty()) {
      return context.output.Fail(
          absl::InvalidArgumentError("--to: want host:port of the exchange's MLLP listener"));
    }
    code = ReplayMessages(context, *messages, options.to);
  }
  if (patients.empty() || (code != ExitCode::kOk && code != ExitCode::kPartial)) return code;
  const ExitCode fed = ReplayPatients(context, patients);
  return fed == ExitCode::kOk ? code : fed;
}

}  // namespace hie::ctl
