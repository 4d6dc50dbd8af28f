#include "gateway/hl7v2/testing/fake_exchange.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace hie::hl7v2 {
namespace {

namespace v1 = exchange::v1;

template <typename Message>
Message Parse(const std::string& bytes) {
  Message message;
  message.ParseFromString(bytes);
  return message;
}

}  // namespace

FakeExchange::FakeExchange()
    : pool_({.name = "fake-exchange", .threads = 3, .queue_max = 100'000}) {}

FakeExchange::~FakeExchange() { pool_.Stop(); }

void FakeExchange::SetOutage(absl::Status outage) {
  MutexLock lock(mutex_);
  outage_ = std::move(outage);
}

void FakeExchange::SetDelay(absl::Duration delay) {
  MutexLock lock(mutex_);
  delay_ = delay;
}

std::map<std::string, common::v1::Demographics> FakeExchange::records() const {
  MutexLock lock(mutex_);
  return records_;
}
std::map<std::string, std::string> FakeExchange::merged() const {
  MutexLock lock(mutex_);
  return merged_;
}
std::map<std::string, v1::SubmittedDocument> FakeExchange::documents() const {
  MutexLock lock(mutex_);
  return documents_;
}
std::set<std::string> FakeExchange::withdrawn() const {
  MutexLock lock(mutex_);
  return withdrawn_;
}
std::vector<std::string> FakeExchange::calls() const {
  MutexLock lock(mutex_);
  return calls_;
}
std::map<std::string, std::vector<uint32_t>> FakeExchange::applied() const {
  MutexLock lock(mutex_);
  return applied_;
}
void FakeExchange::AddRecord(const std::string& id) {
  MutexLock lock(mutex_);
  records_[id];
}

void FakeExchange::StartUnary(const std::string& method,
                              std::shared_ptr<rpc::CallContext> /*context*/, std::string request,
                              std::function<void(absl::StatusOr<std::string>)> done) {
  absl::Duration delay;
  {
    MutexLock lock(mutex_);
    delay = delay_;
  }
  pool_.TryRun([this, method, request = std::move(request), done = std::move(done), delay] {
    if (delay > absl::ZeroDuration()) absl::SleepFor(delay);
    done(Answer(method, request));
  });
}

void FakeExchange::StartStream(
    const std::string& /*method*/, std::shared_ptr<rpc::CallContext> /*context*/,
    std::string /*request*/,
    std::function<void(const std::string&, std::function<void(bool)>)> /*on_message*/,
    std::function<void(absl::Status)> done) {
  done(absl::UnimplementedError("no streams here"));
}

absl::StatusOr<std::string> FakeExchange::Answer(const std::string& method,
                                                 const std::string& request) {
  MutexLock lock(mutex_);
  const std::string name = method.substr(method.find_last_of("./") + 1);
  calls_.push_back(name);
  if (!outage_.ok()) return outage_;
  if (name == "RegisterPatients") {
    return Register(Parse<v1::RegisterPatientsRequest>(request)).SerializeAsString();
  }
  if (name == "PreviewPatients") {
    return Preview(Parse<v1::PreviewPatientsRequest>(request)).SerializeAsString();
  }
  if (name == "MergePatients") {
    return Merge(Parse<v1::MergePatientsRequest>(request)).SerializeAsString();
  }
  if (name == "RemovePatient") {
    records_.erase(Parse<v1::RemovePatientRequest>(request).patient().id());
    return std::string();
  }
  if (name == "PutDocumentContent") {
    const auto put = Parse<v1::PutDocumentContentRequest>(request);
    staged_[put.content_id()].resize(put.offset());
    staged_[put.content_id()] += put.data();
    return std::string();
  }
  if (name == "SubmitDocuments") {
    auto submitted = Submit(Parse<v1::SubmitDocumentsRequest>(request));
    if (!submitted.ok()) return submitted.status();
    return submitted->SerializeAsString();
  }
  if (name == "SetDocumentStatus") {
    const auto status = Parse<v1::SetDocumentStatusRequest>(request);
    if (!documents_.contains(status.unique_id())) return absl::NotFoundError("unique_id: unknown");
    withdrawn_.insert(status.unique_id());
    return std::string();
  }
  return absl::UnimplementedError(method);
}

v1::RegisterPatientsResponse FakeExchange::Register(const v1::RegisterPatientsRequest& request) {
  v1::RegisterPatientsResponse response;
  for (const v1::RegisterPatient& wanted : request.patients()) {
    const std::string& id = wanted.patient().id();
    v1::RegisteredPatient& patient = *response.add_patients();
    if (merged_.contains(id)) {
      patient.set_outcome(mpi::v1::LINK_OUTCOME_MERGED_AWAY);
      continue;
    }
    patient.set_outcome(records_.contains(id) ? mpi::v1::LINK_OUTCOME_UNCHANGED
                                              : mpi::v1::LINK_OUTCOME_NEW);
    records_[id] = wanted.demographics();
    applied_[id].push_back(wanted.demographics().birth_order());
  }
  return response;
}

v1::PreviewPatientsResponse FakeExchange::Preview(const v1::PreviewPatientsRequest& request) {
  v1::PreviewPatientsResponse response;
  for (const v1::RegisterPatient& wanted : request.patients()) {
    response.add_patients()->set_outcome(records_.contains(wanted.patient().id())
                                             ? mpi::v1::LINK_OUTCOME_LINKED
                                             : mpi::v1::LINK_OUTCOME_NEW);
  }
  return response;
}

mpi::v1::MergeOutcome FakeExchange::MergeOne(const mpi::v1::MergePair& pair, bool tombstone) {
  const std::string& survivor = pair.survivor().id();
  const std::string& subsumed = pair.subsumed().id();
  if (survivor == subsumed) return mpi::v1::MERGE_OUTCOME_SAME_ID;
  if (merged_.contains(subsumed)) {
    return merged_.at(subsumed) == survivor ? mpi::v1::MERGE_OUTCOME_REPEATED
                                            : mpi::v1::MERGE_OUTCOME_MERGED_ELSEWHERE;
  }
  if (merged_.contains(survivor)) return mpi::v1::MERGE_OUTCOME_SURVIVOR_SUBSUMED;
  if (!records_.contains(survivor)) {
    if (!pair.has_survivor_demographics()) return mpi::v1::MERGE_OUTCOME_SURVIVOR_UNKNOWN;
  }
  if (!records_.contains(subsumed) && !tombstone) return mpi::v1::MERGE_OUTCOME_SUBSUMED_UNKNOWN;
  if (!records_.contains(survivor)) records_[survivor] = pair.survivor_demographics();
  records_.erase(subsumed);
  merged_[subsumed] = survivor;
  return mpi::v1::MERGE_OUTCOME_MERGED;
}

v1::MergePatientsResponse FakeExchange::Merge(const v1::MergePatientsRequest& request) {
  const auto records = records_;
  const auto merged = merged_;
  v1::MergePatientsResponse response;
  bool all = true;
  for (const mpi::v1::MergePair& pair : request.pairs()) {
    const mpi::v1::MergeOutcome outcome = MergeOne(pair, request.create_tombstone());
    all = all &&
          (outcome == mpi::v1::MERGE_OUTCOME_MERGED || outcome == mpi::v1::MERGE_OUTCOME_REPEATED);
    response.add_outcomes(outcome);
  }
  if (!all) {
    records_ = records;
    merged_ = merged;
  }
  return response;
}

absl::StatusOr<v1::SubmitDocumentsResponse> FakeExchange::Submit(
    const v1::SubmitDocumentsRequest& request) {
  if (!records_.contains(request.subject().patient().id())) {
    return absl::NotFoundError("subject: unknown");
  }
  v1::SubmitDocumentsResponse response;
  for (v1::SubmittedDocument document : request.documents()) {
    if (const std::string& id = document.entry().content_id(); !id.empty()) {
      document.set_content(staged_[id]);
    }
    documents_[document.entry().unique_id()] = document;
    response.add_document_ids(absl::StrCat("entry-", documents_.size()));
  }
  return response;
}

}  // namespace hie::hl7v2
