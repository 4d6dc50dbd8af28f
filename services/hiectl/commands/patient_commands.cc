#include "services/hiectl/commands/patient_commands.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/hiectl/commands/render.h"
#include "services/hiectl/message_file.h"

namespace hie::ctl {
namespace {

using exchange::v1::ExchangeService;

constexpr size_t kFeedBatch = 100;

// Reads the feed; INVALID_ARGUMENT names the line.
absl::StatusOr<std::vector<exchange::v1::RegisterPatient>> ReadFeed(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadInput(path);
  if (!text.ok()) return text.status();
  std::vector<exchange::v1::RegisterPatient> feed;
  size_t number = 0;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    ++number;
    if (line.empty()) continue;
    const std::string json(line);
    if (!google::protobuf::util::JsonStringToMessage(json, &feed.emplace_back()).ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", number, ": want a RegisterPatient as JSON"));
    }
  }
  return feed;
}

}  // namespace

ExitCode PatientFind(const Context& context, const PatientFindOptions& options) {
  exchange::v1::FindPatientsRequest request;
  request.set_limit(options.limit);
  if (const absl::Status read = ReadMessage(options.demographics, *request.mutable_demographics());
      !read.ok()) {
    return context.output.Fail(read);
  }
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto found = (*session)->Call<ExchangeService::FindPatients>(request);
  if (!found.ok()) return context.output.Fail(found.status());
  context.output.Json(*found);
  if (found->too_many()) {
    context.output.Note("More than ten persons fit: none is shown. Give more detail.");
    return ExitCode::kNotFound;
  }
  if (found->persons().empty()) {
    context.output.Note("Nobody fits.");
    return ExitCode::kNotFound;
  }
  for (const exchange::v1::FoundPerson& person : found->persons()) {
    const std::string grade =
        ShortName(exchange::v1::MatchGrade_Name(person.grade()), "MATCH_GRADE_");
    context.output.Line(absl::StrFormat("%-13s  %s  %s", grade, Bits(person.weight_millibits()),
                                        PersonLine(person.demographics())));
    context.output.Line(absl::StrCat("  eid ", person.eid()));
    context.output.Line(absl::StrCat("  ", WhyLine(person.fields())));
    if (!person.vetoes().empty()) {
      context.output.Line(
          absl::StrCat("  not linked because: ", absl::StrJoin(person.vetoes(), ", ")));
    }
  }
  return ExitCode::kOk;
}

ExitCode PatientRegister(const Context& context, const PatientRegisterOptions& options) {
  const auto feed = ReadFeed(options.file);
  if (!feed.ok()) return context.output.Fail(feed.status());
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  size_t problems = 0;
  for (size_t at = 0; at < feed->size(); at += kFeedBatch) {
    exchange::v1::RegisterPatientsRequest request;
    const size_t end = std::min(feed->size(), at + kFeedBatch);
    for (size_t i = at; i < end; ++i) *request.add_patients() = (*feed)[i];
    const auto answer = (*session)->Call<ExchangeService::RegisterPatients>(request);
    if (!answer.ok()) return context.output.Fail(answer.status());
    context.output.Json(*answer);
    for (int i = 0; i < answer->patients_size(); ++i) {
      if (answer->patients(i).problem().empty()) continue;
      ++problems;
      context.output.Note(
          absl::StrCat("patient ", at + i + 1, ": ", answer->patients(i).problem()));
    }
    context.output.Progress("registered", end, feed->size());
  }
  context.output.Line(absl::StrCat(feed->size() - problems, " of ", feed->size(), " registered"));
  return problems == 0 ? ExitCode::kOk : ExitCode::kPartial;
}

ExitCode PatientDecide(const Context& context, const PatientDecideOptions& options) {
  exchange::v1::DecideLinkRequest request;
  if (const absl::Status read = ReadMessage(options.pair, request); !read.ok()) {
    return context.output.Fail(read);
  }
  request.set_same_person(options.decision == PatientDecideOptions::Decision::kSame);
  auto session = context.SignIn();
  if (!session.ok()) return context.output.Fail(session.status());
  const auto decided = (*session)->Call<ExchangeService::DecideLink>(request);
  if (!decided.ok()) return context.output.Fail(decided.status());
  context.output.Json(*decided);
  context.output.Table(
      {{"record", "eid"}, {"first", decided->first_eid()}, {"second", decided->second_eid()}});
  return ExitCode::kOk;
}

}  // namespace hie::ctl
