#include "gateway/edge/load_relay.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gateway/feed/admission.h"
#include "hie/mpi/v1/load_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using mpi::v1::LoadService;
using registry::v1::RegistryService;

constexpr absl::string_view kIndex = "the patient index";
constexpr absl::string_view kRegistry = "the registry";
constexpr int kMessageLinesMax = 100;
// The window's lines, each as large as any.
constexpr members::WriteQueue::Bounds kToIndex{1024, size_t{64} << 20};
constexpr members::WriteQueue::Bounds kToClient{1024, size_t{16} << 20};
// What the index may take longer than the client's stream lasts.
constexpr absl::Duration kIndexGrace = absl::Seconds(30);

// `<field>: <reason>` as a problem of a line.
mpi::v1::LineProblem ProblemOf(uint64_t line, absl::string_view message) {
  mpi::v1::LineProblem problem;
  problem.set_line_number(line);
  const size_t colon = message.find(": ");
  const bool names = colon != absl::string_view::npos &&
                     std::none_of(message.begin(), message.begin() + colon,
                                  [](char c) { return c == ' ' || absl::ascii_isupper(c); });
  if (names) problem.set_field(std::string(message.substr(0, colon)));
  problem.set_reason(std::string(names ? message.substr(colon + 2) : message));
  return problem;
}

// Whether the same line would be refused again: its own fault.
bool IsTheLinesFault(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsPermissionDenied(status);
}

std::string PlaceOf(const members::MemberDirectory& directory, const MemberId& member,
                    const std::string& facility, const std::string& unit) {
  if (facility.empty() && unit.empty()) return "";
  return feed::ClaimedPlace(directory, member, facility, unit);
}

exchange::v1::LoadPatientsResponse ProgressOf(const std::vector<mpi::v1::LineResult>& results) {
  exchange::v1::LoadPatientsResponse response;
  exchange::v1::PatientLoadProgress& progress = *response.mutable_progress();
  std::map<mpi::v1::LinkOutcome, uint64_t> outcomes;
  for (const mpi::v1::LineResult& result : results) {
    if (result.has_problem()) {
      *progress.add_problems() = result.problem();
    } else {
      ++outcomes[result.outcome()];
    }
  }
  for (const auto& [outcome, lines] : outcomes) {
    mpi::v1::OutcomeCount& count = *progress.add_outcomes();
    count.set_outcome(outcome);
    count.set_lines(lines);
  }
  progress.set_through_line(results.back().line_number());
  return response;
}

}  // namespace

LoadRelay::LoadRelay(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                     Writer writer)
    : entry_(services),
      services_(services),
      context_(std::move(context)),
      writer_(std::move(writer)),
      opened_(absl::Now()),
      to_client_(std::make_shared<members::WriteQueue>(kToClient)),
      to_index_(std::make_shared<members::WriteQueue>(kToIndex)) {}

void LoadRelay::Receive(const exchange::v1::LoadPatientsRequest* request) {
  if (request == nullptr) {
    bool begun = false;
    {
      const MutexLock lock(mutex_);
      half_closed_ = true;
      begun = index_ != nullptr;
    }
    if (!begun) return Finish(absl::OkStatus());
    const auto end = [self = shared_from_this()](const members::WriteQueue::Done& done) {
      std::shared_ptr<rpc::ClientByteStream> index;
      {
        const MutexLock lock(self->mutex_);
        index = self->index_;
      }
      if (index != nullptr) index->WritesDone();
      done(true);
    };
    to_index_->Push(end, 0);
    return;
  }
  switch (request->step_case()) {
    case exchange::v1::LoadPatientsRequest::kBegin:
      return Begin(request->begin());
    case exchange::v1::LoadPatientsRequest::kLines:
      return Add(request->lines());
    case exchange::v1::LoadPatientsRequest::kEnd: {
      mpi::v1::LoadRecordsRequest end;
      end.mutable_end()->set_lines(request->end().lines());
      return ToIndex(std::move(end));
    }
    default:
      return Finish(absl::InvalidArgumentError("step: want one"));
  }
}

void LoadRelay::Begin(const exchange::v1::BeginPatientLoad& begin) {
  const Actor& actor = context_->caller().actor;
  const auto directory = services_.Directory();
  if (!directory.ok()) return Finish(directory.status());
  if (const absl::Status admitted =
          feed::AdmitMember(actor, **directory, feed::Effect::kContribute);
      !admitted.ok()) {
    return Finish(admitted);
  }
  rpc::CallOptions options = rpc::ChildCall(*context_);
  options.deadline = std::min(options.deadline, opened_ + kLoadStreamTime + kIndexGrace);
  auto stream = services_.roles().mpi->Bidi<LoadService::LoadRecords>(
      options,
      [self = shared_from_this()](const mpi::v1::LoadRecordsResponse& response) {
        return self->OnIndex(response);
      },
      [self = shared_from_this()](const absl::Status& status) { self->OnIndexDone(status); });
  bool unwanted = false;
  {
    const MutexLock lock(mutex_);
    unwanted = index_ != nullptr || index_done_ || finished_;
    if (!unwanted) index_ = stream;
  }
  if (unwanted) {
    stream->Cancel();
    return Finish(absl::InvalidArgumentError("begin: want it once"));
  }
  mpi::v1::LoadRecordsRequest request;
  *request.mutable_begin()->mutable_actor() = wire::ToProto(actor);
  request.mutable_begin()->set_load_id(begin.load_id());
  request.mutable_begin()->set_input_sha256(begin.input_sha256());
  ToIndex(std::move(request));
}

absl::StatusOr<mpi::v1::LoadLine> LoadRelay::Admit(const exchange::v1::PatientLine& line,
                                                   Line& kept) const {
  mpi::v1::LoadLine out;
  out.set_line_number(line.line_number());
  kept.number = line.line_number();
  if (line.has_problem()) {
    *out.mutable_problem() = line.problem();
    return out;
  }
  HIE_ASSIGN_OR_RETURN(const auto directory, services_.Directory());
  const exchange::v1::RegisterPatient& patient = line.patient();
  *out.mutable_patient() = patient.patient();
  absl::Status admitted = feed::Admit(context_->caller().actor, *directory, "patient",
                                      feed::Effect::kContribute, *out.mutable_patient());
  if (admitted.ok() && patient.expected_version() != 0) {
    admitted = absl::InvalidArgumentError("expected_version: want none in a load");
  }
  if (!admitted.ok()) {
    if (!IsTheLinesFault(admitted)) return admitted;
    out.clear_patient();
    *out.mutable_problem() = ProblemOf(line.line_number(), admitted.message());
    return out;
  }
  *out.mutable_demographics() = patient.demographics();
  out.set_event_micros(patient.event_micros());
  out.set_kind(patient.kind());
  kept.patient = out.patient();
  kept.facility = patient.facility();
  kept.unit = patient.unit();
  return out;
}

absl::Status LoadRelay::Hold(std::vector<Line> lines) {
  const MutexLock lock(mutex_);
  if (window_lines_ == 0) {
    return absl::InvalidArgumentError("lines: want them after the answer to begin");
  }
  if (lines_.size() + lines.size() > window_lines_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("lines: want at most ", window_lines_, " without an answer"));
  }
  for (Line& line : lines) lines_.push_back(std::move(line));
  return absl::OkStatus();
}

void LoadRelay::Add(const exchange::v1::PatientLines& lines) {
  if (absl::Now() > opened_ + kLoadStreamTime) {
    return Finish(absl::UnavailableError("the stream has been open for long; go on in another"));
  }
  if (lines.lines().empty() || lines.lines_size() > kMessageLinesMax) {
    return Finish(absl::InvalidArgumentError(absl::StrCat("lines: want 1..", kMessageLinesMax)));
  }
  mpi::v1::LoadRecordsRequest request;
  std::vector<Line> kept(static_cast<size_t>(lines.lines_size()));
  for (size_t i = 0; i < kept.size(); ++i) {
    absl::StatusOr<mpi::v1::LoadLine> line = Admit(lines.lines(static_cast<int>(i)), kept[i]);
    if (!line.ok()) return Finish(line.status());
    *request.mutable_lines()->add_lines() = *std::move(line);
  }
  if (const absl::Status held = Hold(std::move(kept)); !held.ok()) return Finish(held);
  ToIndex(std::move(request));
}

void LoadRelay::ToIndex(mpi::v1::LoadRecordsRequest request) {
  std::shared_ptr<rpc::ClientByteStream> index;
  {
    const MutexLock lock(mutex_);
    index = index_;
  }
  if (index == nullptr) return Finish(absl::InvalidArgumentError("begin: want it first"));
  std::string bytes = request.SerializeAsString();
  const size_t size = bytes.size();
  const bool taken = to_index_->Push(
      [index, bytes = std::move(bytes)](members::WriteQueue::Done done) mutable {
        index->Write(std::move(bytes), std::move(done));
      },
      size);
  if (!taken) Finish(absl::UnavailableError("the patient index does not keep up; go on later"));
}

void LoadRelay::ToClient(exchange::v1::LoadPatientsResponse response) {
  const size_t size = response.ByteSizeLong();
  const bool last = response.has_ended();
  const bool taken = to_client_->Push(
      [self = shared_from_this(), response = std::move(response),
       last](const members::WriteQueue::Done& done) {
        self->writer_.Write(response, [self, last, done](bool ok) {
          done(ok);
          if (last) self->Finish(absl::OkStatus());
        });
      },
      size);
  if (!taken) Finish(absl::ResourceExhaustedError("the answers are not read"));
}

bool LoadRelay::OnIndex(const mpi::v1::LoadRecordsResponse& response) {
  if (response.has_began()) {
    OnBegan(response.began());
  } else {
    const MutexLock lock(mutex_);
    for (const mpi::v1::LineResult& result : response.progress().results()) {
      results_.push_back(result);
    }
    if (response.has_ended()) ended_ = response.ended().load();
  }
  ClaimNext();
  return true;
}

// A line that the index took may lack its claim, where somebody was killed between the two: as many
// lines as may have been on their way are sent again.
void LoadRelay::OnBegan(const mpi::v1::LoadBegan& began) {
  exchange::v1::LoadPatientsResponse response;
  exchange::v1::PatientLoadBegan& out = *response.mutable_began();
  *out.mutable_load() = began.load();
  out.set_window_lines(began.window_lines());
  const uint64_t applied = began.load().applied_line();
  out.set_resume_after_line(applied - std::min<uint64_t>(applied, began.window_lines()));
  {
    const MutexLock lock(mutex_);
    window_lines_ = began.window_lines();
  }
  ToClient(std::move(response));
}

void LoadRelay::ClaimNext() {
  std::vector<mpi::v1::LineResult> results;
  std::vector<Line> lines;
  exchange::v1::LoadPatientsResponse ended;
  bool broken_off = false;
  {
    const MutexLock lock(mutex_);
    if (claiming_ || finished_) return;
    if (results_.empty()) {
      if (ended_) *ended.mutable_ended()->mutable_load() = *std::exchange(ended_, std::nullopt);
      // The client ended its stream early, and all that it sent is answered.
      broken_off = !ended.has_ended() && index_done_ && half_closed_;
    } else if (results_.size() <= lines_.size()) {
      claiming_ = true;
      results.swap(results_);
      const auto end = lines_.begin() + static_cast<std::ptrdiff_t>(results.size());
      lines.assign(std::make_move_iterator(lines_.begin()), std::make_move_iterator(end));
      lines_.erase(lines_.begin(), end);
    }
  }
  if (ended.has_ended()) return ToClient(std::move(ended));
  if (broken_off) return Finish(absl::OkStatus());
  if (!results.empty()) Claim(results, lines);
}

void LoadRelay::Claim(const std::vector<mpi::v1::LineResult>& results,
                      const std::vector<Line>& lines) {
  exchange::v1::LoadPatientsResponse progress = ProgressOf(results);
  const Actor& actor = context_->caller().actor;
  const auto directory = services_.Directory();
  if (!directory.ok()) return OnClaimed(directory.status(), std::move(progress));
  registry::v1::SubmitRequest request;
  std::set<std::string> seen;  // A patient may stand in several lines.
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].has_problem() || results[i].incarnation() == 0) continue;
    registry::v1::Claim claim;
    *claim.mutable_patient() = lines[i].patient;
    claim.mutable_patient()->set_incarnation(results[i].incarnation());
    claim.set_member(actor.member.value());
    claim.set_state(registry::v1::LOCATOR_STATE_CLAIMED);
    claim.set_facility(PlaceOf(**directory, actor.member, lines[i].facility, lines[i].unit));
    if (seen.insert(claim.SerializeAsString()).second) *request.add_claims() = std::move(claim);
  }
  if (request.claims().empty()) return OnClaimed(absl::OkStatus(), std::move(progress));
  request.set_relation_policy(registry::v1::RELATION_POLICY_STORE_UNLINKED);
  request.set_submission_id(absl::BytesToHexString(crypto::Sha256(request.SerializeAsString())));
  *request.mutable_actor() = wire::ToProto(actor);
  CallRole<RegistryService::Submit>(
      *services_.roles().registry, kRegistry, *context_, request,
      [self = shared_from_this(), progress = std::move(progress)](
          const absl::StatusOr<registry::v1::SubmitResponse>& submitted) {
        self->OnClaimed(submitted.status(), progress);
      });
}

void LoadRelay::OnClaimed(const absl::Status& claimed,
                          exchange::v1::LoadPatientsResponse progress) {
  if (!claimed.ok()) return Finish(claimed);
  ToClient(std::move(progress));
  {
    const MutexLock lock(mutex_);
    claiming_ = false;
  }
  ClaimNext();
}

void LoadRelay::OnIndexDone(const absl::Status& status) {
  {
    const MutexLock lock(mutex_);
    index_done_ = true;
    index_ = nullptr;
  }
  if (!status.ok()) return Finish(TellCaller(status, kIndex));
  ClaimNext();
}

void LoadRelay::Abandon() { Finish(absl::CancelledError("the client is gone")); }

void LoadRelay::Finish(const absl::Status& status) {
  std::shared_ptr<rpc::ClientByteStream> index;
  {
    const MutexLock lock(mutex_);
    if (std::exchange(finished_, true)) return;
    index = std::exchange(index_, nullptr);
  }
  to_index_->Close();
  to_client_->Close();
  if (index != nullptr) index->Cancel();
  writer_.Finish(status);
}

}  // namespace hie::edge
