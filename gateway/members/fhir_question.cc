#include "gateway/members/fhir_question.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::members {
namespace {

using exchange::MemberAnswerStatus;

constexpr int kHttpOk = 200;
constexpr uint32_t kPageSizeDefault = 100;
constexpr uint32_t kConcurrencyDefault = 4;

bool Has(const std::vector<std::string>& list, absl::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// What a request that got no answer, or one that is none, says of the member.
MemberAnswerStatus StatusOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return MemberAnswerStatus::kTimeout;
    case absl::StatusCode::kOutOfRange:
      return MemberAnswerStatus::kTooLarge;
    case absl::StatusCode::kResourceExhausted:
      return MemberAnswerStatus::kShed;
    case absl::StatusCode::kUnauthenticated:
      return MemberAnswerStatus::kAuthFailed;
    case absl::StatusCode::kInvalidArgument:
      return MemberAnswerStatus::kBadResponse;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kPermissionDenied:
      return MemberAnswerStatus::kUnreachable;
    default:
      return MemberAnswerStatus::kFailed;
  }
}

absl::StatusOr<FhirPage> PageOf(const absl::StatusOr<fetch::FetchResponse>& response,
                                MemberAnswerStatus& status) {
  if (!response.ok()) {
    status = StatusOf(response.status());
    return response.status();
  }
  if (response->status != kHttpOk) {
    status = StatusOfHttp(response->status);
    return absl::UnavailableError("the member answered with an error");
  }
  absl::StatusOr<FhirPage> page = ReadFhirPage(response->body);
  status = page.ok() ? MemberAnswerStatus::kComplete : MemberAnswerStatus::kBadResponse;
  return page;
}

}  // namespace

std::shared_ptr<FhirQuestion> FhirQuestion::Start(Options options,
                                                  std::function<void(FhirGathered)> done) {
  std::shared_ptr<FhirQuestion> question(new FhirQuestion(std::move(options), std::move(done)));
  question->FindPatient();
  return question;
}

size_t FhirQuestion::concurrency() const {
  const uint32_t told = options_.endpoint.quirks.concurrency;
  return told == 0 ? kConcurrencyDefault : told;
}

void FhirQuestion::FindPatient() {
  const absl::StatusOr<fetch::Url> base = fetch::ParseUrl(options_.endpoint.address);
  if (!base.ok()) return End(MemberAnswerStatus::kUnreachable);
  base_ = *base;
  const LocalPatient& patient = options_.question.patient;
  const absl::StatusOr<fetch::Url> url = fetch::ResolveUrl(
      base_, absl::StrCat("Patient?identifier=",
                          fetch::EncodeQueryValue(absl::StrCat(
                              "urn:oid:", patient.assigning_authority, "|", patient.id.value()))));
  if (!url.ok()) return End(MemberAnswerStatus::kUnreachable);
  options_.get(*url, options_.question.budget,
               [self = shared_from_this()](const absl::StatusOr<fetch::FetchResponse>& response) {
                 self->TakePatient(response);
               });
}

void FhirQuestion::TakePatient(const absl::StatusOr<fetch::FetchResponse>& response) {
  MemberAnswerStatus status = MemberAnswerStatus::kFailed;
  absl::StatusOr<FhirPage> page = PageOf(response, status);
  if (!page.ok()) return End(status);
  absl::StatusOr<ReceivedResource> patient = OnePatient(*page, options_.question.patient);
  if (absl::IsNotFound(patient.status())) {
    // Of a page that goes on nobody can say that the patient is unknown.
    const bool all = page->next.empty() && !page->partial;
    return End(all ? MemberAnswerStatus::kPatientUnknown : MemberAnswerStatus::kPartial);
  }
  // Not unique, or not shown to be: of the wrong patient nothing is asked.
  const std::string id = patient.ok() ? ResourceId(*patient) : "";
  if (id.empty()) return End(MemberAnswerStatus::kBadResponse);
  {
    const MutexLock lock(mutex_);
    resources_.push_back(*std::move(patient));
    for (const std::string& type : TypesOf(options_.question.classes)) {
      if (Has(options_.endpoint.quirks.unsupported_types, type)) continue;
      const absl::StatusOr<fetch::Url> url = fetch::ResolveUrl(base_, TypeQuery(type, id));
      if (url.ok()) waiting_.push_back(*url);
    }
  }
  AskMore();
}

std::string FhirQuestion::TypeQuery(absl::string_view type, absl::string_view patient_id) const {
  const FhirQuirks& quirks = options_.endpoint.quirks;
  const std::string parameter =
      quirks.patient_parameter.empty() ? "patient" : quirks.patient_parameter;
  std::string query = absl::StrCat(type, "?", parameter, "=", fetch::EncodeQueryValue(patient_id));
  if (!Has(quirks.refused_parameters, "_count")) {
    absl::StrAppend(&query,
                    "&_count=", quirks.page_size == 0 ? kPageSizeDefault : quirks.page_size);
  }
  return query;
}

void FhirQuestion::AskMore() {
  std::vector<fetch::Url> now;
  bool over = false;
  {
    const MutexLock lock(mutex_);
    if (done_ == nullptr) return;
    while (!waiting_.empty() && under_way_ < concurrency()) {
      fetch::Url url = std::move(waiting_.front());
      waiting_.pop_front();
      if (asked_.size() >= options_.limits.pages_max || !asked_.insert(url.Text()).second) {
        worst_ = MemberAnswerStatus::kPartial;  // Pages without end, or in a circle.
        continue;
      }
      ++under_way_;
      now.push_back(std::move(url));
    }
    over = under_way_ == 0;
  }
  if (over) {
    MemberAnswerStatus status;
    {
      const MutexLock lock(mutex_);
      status = worst_;
      // Something was read and something not: an answer with a gap.
      if (status != MemberAnswerStatus::kComplete && resources_.size() > 1) {
        status = MemberAnswerStatus::kPartial;
      }
    }
    return End(status);
  }
  for (const fetch::Url& url : now) {
    options_.get(url, std::max(end_ - options_.clock->Now(), absl::Milliseconds(1)),
                 [self = shared_from_this()](const absl::StatusOr<fetch::FetchResponse>& response) {
                   self->TakePage(response);
                 });
  }
}

void FhirQuestion::TakePage(const absl::StatusOr<fetch::FetchResponse>& response) {
  MemberAnswerStatus status = MemberAnswerStatus::kFailed;
  absl::StatusOr<FhirPage> page = PageOf(response, status);
  bool too_large = false;
  {
    const MutexLock lock(mutex_);
    --under_way_;
    if (page.ok()) {
      if (page->partial) worst_ = MemberAnswerStatus::kPartial;
      if (!page->next.empty()) {
        const absl::StatusOr<fetch::Url> next = fetch::ResolveUrl(base_, page->next);
        // Another host's page is not this member's answer.
        if (next.ok() && next->SameOrigin(base_)) {
          waiting_.push_front(*next);
        } else {
          worst_ = MemberAnswerStatus::kPartial;
        }
      }
      too_large = !AddResources(*std::move(page));
    } else {
      worst_ = status;
    }
  }
  if (too_large) return End(MemberAnswerStatus::kTooLarge);
  AskMore();
}

bool FhirQuestion::AddResources(FhirPage page) {
  for (ReceivedResource& resource : page.resources) {
    bytes_ += resource.json.size();
    if (resources_.size() >= options_.limits.resources_max || bytes_ > options_.limits.bytes_max) {
      return false;
    }
    resources_.push_back(std::move(resource));
  }
  return true;
}

void FhirQuestion::End(MemberAnswerStatus status) {
  std::function<void(FhirGathered)> done;
  FhirGathered gathered;
  {
    const MutexLock lock(mutex_);
    done = std::exchange(done_, nullptr);
    gathered.resources.swap(resources_);
  }
  if (done == nullptr) return;
  gathered.status = status;
  done(std::move(gathered));
}

void FhirQuestion::Abandon() {
  const MutexLock lock(mutex_);
  done_ = nullptr;
}

}  // namespace hie::members
