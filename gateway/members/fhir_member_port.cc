#include "gateway/members/fhir_member_port.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/members/fhir_document.h"
#include "gateway/members/fhir_items.h"
#include "services/common/json/reader.h"

namespace hie::members {
namespace {

using exchange::MemberAnswer;
using exchange::MemberAnswerStatus;

constexpr size_t kContentPieceMax = 256 << 10;  // Of the port's contract.
constexpr int kHttpOk = 200;
constexpr int kHttpUnauthorized = 401;
constexpr int kHttpNotFound = 404;
constexpr int kHttpGone = 410;

const MemberEndpoint* FhirEndpoint(const Member* member) {
  if (member == nullptr) return nullptr;
  for (const MemberEndpoint& endpoint : member->endpoints) {
    if (endpoint.kind == EndpointKind::kFhirR4) return &endpoint;
  }
  return nullptr;
}

}  // namespace

// Outlives the port in callbacks that are under way.
struct FhirMemberPort::Core : std::enable_shared_from_this<Core> {
  explicit Core(Options the_options)
      : options(std::move(the_options)),
        timers(options.clock, TimerQueue::Drive::kThread),
        pool({.name = "fhir-answers",
              .threads = options.parse_threads,
              .queue_max = options.parse_queue_max,
              .on_waiting = nullptr}) {}

  // A GET at the member, signed in; a token that is refused is replaced once.
  void Get(const MemberId& member, const MemberEndpoint& endpoint, const fetch::Url& url,
           absl::Duration budget, std::function<bool(absl::string_view)> on_chunk, int tries,
           std::function<void(absl::StatusOr<fetch::FetchResponse>)> done) {
    options.sign_in->Token(
        member, endpoint, budget,
        [self = shared_from_this(), member, endpoint, url, budget, on_chunk = std::move(on_chunk),
         tries, done = std::move(done)](const absl::StatusOr<std::string>& token) {
          if (!token.ok()) return done(token.status());
          self->options.client->Fetch(
              self->Request(endpoint, url, *token, budget, on_chunk != nullptr), on_chunk,
              [=](absl::StatusOr<fetch::FetchResponse> response) {
                const bool refused = response.ok() && response->status == kHttpUnauthorized &&
                                     !token->empty() && tries > 1;
                if (!refused) return done(std::move(response));
                self->options.sign_in->Forget(member, endpoint, *token);
                self->Get(member, endpoint, url, budget, on_chunk, tries - 1, done);
              });
        });
  }

  fetch::FetchRequest Request(const MemberEndpoint& endpoint, const fetch::Url& url,
                              const std::string& token, absl::Duration budget, bool content) const {
    fetch::FetchRequest request;
    request.url = url;
    request.headers = {{"Accept", content ? "*/*" : "application/fhir+json"}};
    if (!token.empty()) request.headers.Add("Authorization", absl::StrCat("Bearer ", token));
    request.rule = endpoint.allow_private_address ? fetch::AddressRule::kPrivateToo
                                                  : fetch::AddressRule::kPublic;
    request.budget = budget;
    request.body_bytes_max = content ? options.content_bytes_max : options.limits.page_bytes_max;
    return request;
  }

  FhirGet Getter(const MemberId& member, const MemberEndpoint& endpoint) {
    constexpr int kTries = 2;
    return [self = shared_from_this(), member, endpoint](
               const fetch::Url& url, absl::Duration budget,
               std::function<void(absl::StatusOr<fetch::FetchResponse>)> done) {
      self->Get(member, endpoint, url, budget, nullptr, kTries, std::move(done));
    };
  }

  bool Enter(const MemberId& member) {
    const MutexLock lock(mutex);
    int& count = under_way[member];
    if (count >= options.questions_per_member_max) return false;
    ++count;
    return true;
  }
  void Leave(const MemberId& member) {
    const MutexLock lock(mutex);
    --under_way[member];
  }

  const Options options;
  TimerQueue timers;
  rpc::WorkerPool pool;
  Mutex mutex;
  absl::flat_hash_map<MemberId, int> under_way HIE_GUARDED_BY(mutex);
};

namespace {

// A question under way, seen by the asker.
class Asking final : public exchange::MemberCall {
 public:
  explicit Asking(std::shared_ptr<FhirQuestion> question) : question_(std::move(question)) {}
  void Cancel() override {
    if (question_) question_->End(MemberAnswerStatus::kTimeout);
  }

 private:
  const std::shared_ptr<FhirQuestion> question_;
};

// An answer of which something could not be read is never complete.
MemberAnswer Parsed(const exchange::MemberQuestion& question, FhirGathered gathered) {
  const bool came = !gathered.resources.empty();
  ParsedAnswer parsed = ParseAnswer(question.member, question.patient,
                                    std::move(gathered.resources), question.classes);
  MemberAnswerStatus status = gathered.status;
  if (parsed.unparsable + parsed.conflicting > 0 && status == MemberAnswerStatus::kComplete) {
    status = MemberAnswerStatus::kPartial;
  }
  if (!came) return {status, {}, {}};
  return {status, std::move(parsed.patients), std::move(parsed.items)};
}

// Where one document's content is, found among a member's DocumentReferences.
struct FoundContent {
  std::string url;
  std::string inline_content;
};

absl::StatusOr<FoundContent> FindContent(const FhirGathered& gathered,
                                         const exchange::ContentRequest& wanted) {
  for (const ReceivedResource& resource : gathered.resources) {
    const absl::StatusOr<json::Value> value = json::Read(resource.json);
    if (!value.ok() || value->Text("resourceType") != "DocumentReference") continue;
    DocumentFacts facts = ReadDocument(*value, wanted.patient);
    if (facts.unique_id != wanted.unique_id) continue;
    return FoundContent{std::move(facts.url), std::move(facts.inline_content)};
  }
  if (gathered.status == MemberAnswerStatus::kComplete ||
      gathered.status == MemberAnswerStatus::kPatientUnknown) {
    return absl::NotFoundError("document: the member does not have it");
  }
  return absl::UnavailableError("document: the member could not be asked");
}

// Passes content on in pieces of the port's size.
bool PassOn(const std::function<bool(absl::string_view)>& on_chunk, absl::string_view content) {
  for (; !content.empty(); content.remove_prefix(std::min(content.size(), kContentPieceMax))) {
    if (!on_chunk(content.substr(0, kContentPieceMax))) return false;
  }
  return true;
}

absl::Status ContentStatus(const absl::StatusOr<fetch::FetchResponse>& response) {
  if (absl::IsDeadlineExceeded(response.status())) return response.status();
  if (!response.ok()) return absl::UnavailableError("document: the member's source failed");
  if (response->status == kHttpOk) return absl::OkStatus();
  if (response->status == kHttpNotFound || response->status == kHttpGone) {
    return absl::NotFoundError("document: the member does not have it");
  }
  return absl::UnavailableError("document: the member's source failed");
}

}  // namespace

FhirMemberPort::FhirMemberPort(Options options)
    : core_(std::make_shared<Core>(std::move(options))) {}

FhirMemberPort::~FhirMemberPort() {
  core_->timers.Stop();
  core_->pool.Stop();
}

std::shared_ptr<exchange::MemberCall> FhirMemberPort::Ask(const exchange::MemberQuestion& question,
                                                          std::function<void(MemberAnswer)> done) {
  const auto directory = core_->options.directory->Current().directory;
  const MemberEndpoint* endpoint =
      directory == nullptr ? nullptr : FhirEndpoint(directory->FindMember(question.member));
  if (endpoint == nullptr || !core_->Enter(question.member)) {
    done({endpoint == nullptr ? MemberAnswerStatus::kUnreachable : MemberAnswerStatus::kShed,
          {},
          {}});
    return std::make_shared<Asking>(nullptr);
  }
  FhirQuestion::Options options{*endpoint, question, core_->Getter(question.member, *endpoint),
                                core_->options.clock, core_->options.limits};
  auto asked = FhirQuestion::Start(
      std::move(options), [core = core_, question, done = std::move(done)](FhirGathered gathered) {
        core->Leave(question.member);
        const auto shared = std::make_shared<FhirGathered>(std::move(gathered));
        const bool taken = core->pool.TryRun(
            [question, done, shared] { done(Parsed(question, std::move(*shared))); });
        if (!taken) done({MemberAnswerStatus::kShed, {}, {}});
      });
  // Held until then: a client that drops a request must not drop the answer with it.
  core_->timers.After(question.budget, [asked] { asked->End(MemberAnswerStatus::kTimeout); });
  return std::make_shared<Asking>(std::move(asked));
}

std::shared_ptr<exchange::MemberCall> FhirMemberPort::Fetch(
    const exchange::ContentRequest& request, std::function<bool(absl::string_view)> on_chunk,
    std::function<void(absl::Status)> done) {
  const auto directory = core_->options.directory->Current().directory;
  const MemberEndpoint* endpoint =
      directory == nullptr ? nullptr : FhirEndpoint(directory->FindMember(request.member));
  if (endpoint == nullptr) {
    done(absl::UnavailableError("document: the member cannot be reached"));
    return std::make_shared<Asking>(nullptr);
  }
  FhirQuestion::Options options;
  options.endpoint = *endpoint;
  options.question = {request.member,
                      request.patient,
                      {ClinicalClass::kDocument},
                      request.budget,
                      request.request_id};
  options.get = core_->Getter(request.member, *endpoint);
  options.clock = core_->options.clock;
  options.limits = core_->options.limits;
  const absl::Time end = options.clock->Now() + request.budget;
  return std::make_shared<Asking>(FhirQuestion::Start(
      std::move(options), [core = core_, endpoint = *endpoint, request, end, on_chunk,
                           done = std::move(done)](const FhirGathered& gathered) {
        const absl::StatusOr<FoundContent> found = FindContent(gathered, request);
        if (!found.ok()) return done(found.status());
        if (found->url.empty()) {
          const bool passed = PassOn(on_chunk, found->inline_content);
          return done(passed ? absl::OkStatus() : absl::CancelledError("document: not wanted"));
        }
        const auto base = fetch::ParseUrl(endpoint.address);
        const auto url = base.ok() ? fetch::ResolveUrl(*base, found->url) : base;
        // Content is fetched from the member's own server or not at all.
        if (!url.ok() || !url->SameOrigin(*base)) {
          return done(absl::UnavailableError("document: its address is not the member's"));
        }
        constexpr int kTries = 2;
        core->Get(
            request.member, endpoint, *url, end - core->options.clock->Now(),
            [on_chunk](absl::string_view chunk) { return PassOn(on_chunk, chunk); }, kTries,
            [done](const absl::StatusOr<fetch::FetchResponse>& response) {
              done(ContentStatus(response));
            });
      }));
}

bool FhirMemberPort::Reachable(const MemberId& member) const {
  const auto directory = core_->options.directory->Current().directory;
  return directory != nullptr && FhirEndpoint(directory->FindMember(member)) != nullptr;
}

}  // namespace hie::members
