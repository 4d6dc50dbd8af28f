#include "gateway/edge/fake_roles.h"

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gateway/edge/fake_identity_role.h"
#include "gateway/edge/load_fake_role.h"
#include "hie/audit/v1/audit_service.methods.h"
#include "hie/consent/v1/consent_service.methods.h"
#include "hie/directory/v1/directory_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/rpc/testing/rpc_world.h"

namespace hie::edge {
namespace {

using audit::v1::AuditService;
using consent::v1::ConsentService;
using directory::v1::DirectoryService;
using mpi::v1::MpiService;
using registry::v1::RegistryService;

constexpr char kCredential[] = "fake-roles";

// "member|PURPOSE|role" as the bearer token is who calls.
class TokenIsCaller final : public rpc::AccessPolicy {
 public:
  absl::StatusOr<rpc::Caller> Authenticate(const rpc::Peer& peer) const override {
    const std::vector<std::string> parts = absl::StrSplit(peer.bearer_token, '|');
    rpc::Caller caller;
    if (parts.size() != 3) return absl::UnauthenticatedError("want a token");
    caller.kind = rpc::CallerKind::kMember;
    caller.actor.member = MemberId(parts[0]);
    if (!parts[2].empty()) {
      caller.actor.user = "dr";
      caller.actor.roles = {parts[2]};
    }
    caller.actor.request_id = peer.request_id;
    caller.actor.purpose = parts[1] == "BTG"        ? Purpose::kBtg
                           : parts[1] == "PATADMIN" ? Purpose::kPatientAdministration
                                                    : Purpose::kEtreat;
    return caller;
  }
  absl::Status Authorize(const rpc::Caller&, options::v1::Permission) const override {
    return absl::OkStatus();
  }
};

bool Same(const common::v1::LocalPatient& a, const common::v1::LocalPatient& b) {
  return a.assigning_authority() == b.assigning_authority() && a.id() == b.id();
}

bool Holds(const mpi::v1::Person& person, const common::v1::LocalPatient& patient) {
  return std::any_of(person.records().begin(), person.records().end(),
                     [&](const auto& record) { return Same(record.patient(), patient); });
}

// The first person is certain where the test says so.
mpi::v1::SearchPersonsResponse FoundPersons(const FakeState& state) {
  mpi::v1::SearchPersonsResponse response;
  for (size_t at = 0; at <= state.others.size(); ++at) {
    mpi::v1::PersonCandidate* candidate = response.add_candidates();
    *candidate->mutable_person() = at == 0 ? state.person : state.others[at - 1];
    candidate->set_weight_millibits(at < state.weights.size() ? state.weights[at] : 0);
    const bool certain = at == 0 && state.certain;
    candidate->set_certain(certain);
    candidate->set_grade(certain ? mpi::v1::MATCH_GRADE_CERTAIN : mpi::v1::MATCH_GRADE_PROBABLE);
    candidate->set_margin_millibits(at == 0 ? 777 : 0);  // Over everybody.
  }
  return response;
}

void ServeMpi(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<MpiService::ResolvePerson>(
      [&state](const rpc::CallContext&, const mpi::v1::ResolvePersonRequest& request)
          -> absl::StatusOr<mpi::v1::ResolvePersonResponse> {
        const MutexLock lock(state.mutex);
        if (!state.split_eid.empty() && request.eid() == state.split_eid) {
          return absl::FailedPreconditionError("identity-split");
        }
        mpi::v1::ResolvePersonResponse response;
        if (request.eid() == state.person.eid() || Holds(state.person, request.patient())) {
          *response.mutable_person() = state.person;
          return response;
        }
        for (const mpi::v1::Person& other : state.others) {
          if (!Holds(other, request.patient())) continue;
          *response.mutable_person() = other;
          return response;
        }
        return absl::NotFoundError("unknown");
      });
  server.Serve<MpiService::SearchPersons>(
      [&state](
          const rpc::CallContext&,
          const mpi::v1::SearchPersonsRequest&) -> absl::StatusOr<mpi::v1::SearchPersonsResponse> {
        const MutexLock lock(state.mutex);
        return FoundPersons(state);
      });
  server.Serve<MpiService::ConfirmLinks>(
      [&state](const rpc::CallContext&, const mpi::v1::ConfirmLinksRequest& request)
          -> absl::StatusOr<mpi::v1::ConfirmLinksResponse> {
        const MutexLock lock(state.mutex);
        if (request.link_version() != state.person.link_version()) {
          return absl::AbortedError("moved");
        }
        return mpi::v1::ConfirmLinksResponse();
      });
  server.Serve<MpiService::RegisterRecord>(
      [&state](const rpc::CallContext&, const mpi::v1::RegisterRecordRequest& request)
          -> absl::StatusOr<mpi::v1::RegisterRecordResponse> {
        const MutexLock lock(state.mutex);
        state.registered.push_back(request);
        mpi::v1::RegisterRecordResponse response;
        response.set_outcome(mpi::v1::LINK_OUTCOME_NEW);
        *response.mutable_patient() = request.patient();
        response.mutable_patient()->set_incarnation(1);
        response.set_eid("eid");
        return response;
      });
  server.Serve<MpiService::DecideLink>(
      [&state](const rpc::CallContext&, const mpi::v1::DecideLinkRequest& request)
          -> absl::StatusOr<mpi::v1::DecideLinkResponse> {
        const MutexLock lock(state.mutex);
        if (!state.link_refused.ok()) return state.link_refused;
        state.link_decided = request;
        return state.link_reply;
      });
}

void ServeIndexFeeds(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<MpiService::QueryPersons>(
      [&state](const rpc::CallContext&, const mpi::v1::QueryPersonsRequest& request)
          -> absl::StatusOr<mpi::v1::QueryPersonsResponse> {
        const MutexLock lock(state.mutex);
        state.queried = request;
        return state.matches;
      });
  server.Serve<MpiService::PreviewRecord>(
      [](const rpc::CallContext&, const mpi::v1::PreviewRecordRequest& request)
          -> absl::StatusOr<mpi::v1::PreviewRecordResponse> {
        if (request.patient().id() == "BAD") return absl::InvalidArgumentError("patient: bad");
        mpi::v1::PreviewRecordResponse response;
        response.set_outcome(mpi::v1::LINK_OUTCOME_REVIEW);
        response.set_eid("eid");
        response.set_best_weight_millibits(1234);
        response.add_vetoes("sex");
        return response;
      });
  server.Serve<MpiService::MergeRecords>(
      [&state](const rpc::CallContext&, const mpi::v1::MergeRecordsRequest& request)
          -> absl::StatusOr<mpi::v1::MergeRecordsResponse> {
        const MutexLock lock(state.mutex);
        state.merged.push_back(request);
        mpi::v1::MergeRecordsResponse response;
        for (int i = 0; i < request.pairs_size(); ++i) {
          response.add_outcomes(mpi::v1::MERGE_OUTCOME_MERGED);
          response.add_eids("eid");
        }
        return response;
      });
  server.Serve<MpiService::UnmergeRecord>(
      [&state](
          const rpc::CallContext&,
          const mpi::v1::UnmergeRecordRequest&) -> absl::StatusOr<mpi::v1::UnmergeRecordResponse> {
        const MutexLock lock(state.mutex);
        if (state.unmerged_eid.empty()) {
          return absl::FailedPreconditionError("subsumed: not merged");
        }
        mpi::v1::UnmergeRecordResponse response;
        response.set_eid(state.unmerged_eid);
        return response;
      });
  server.Serve<MpiService::RemoveRecord>(
      [](const rpc::CallContext&,
         const mpi::v1::RemoveRecordRequest&) -> absl::StatusOr<mpi::v1::RemoveRecordResponse> {
        return mpi::v1::RemoveRecordResponse();
      });
}

void ServeRegistry(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<RegistryService::Find>(
      [&state](const rpc::CallContext&,
               const registry::v1::FindRequest&) -> absl::StatusOr<registry::v1::FindResponse> {
        const MutexLock lock(state.mutex);
        if (!state.find_down.ok()) return state.find_down;
        registry::v1::FindResponse response = state.located;
        if (response.documents_size() > state.found_max) {
          response.mutable_documents()->DeleteSubrange(state.found_max,
                                                       response.documents_size() - state.found_max);
          response.set_truncated(true);
        }
        return response;
      });
  server.Serve<RegistryService::GetDocument>(
      [&state](const rpc::CallContext&, const registry::v1::GetDocumentRequest& request)
          -> absl::StatusOr<registry::v1::GetDocumentResponse> {
        const MutexLock lock(state.mutex);
        for (const auto& document : state.located.documents()) {
          if (document.id() != request.id()) continue;
          registry::v1::GetDocumentResponse response;
          *response.mutable_document() = document;
          return response;
        }
        return absl::NotFoundError("unknown");
      });
  server.Serve<RegistryService::Submit>(
      [&state](const rpc::CallContext&, const registry::v1::SubmitRequest& request)
          -> absl::StatusOr<registry::v1::SubmitResponse> {
        const MutexLock lock(state.mutex);
        if (!state.registry_down.ok()) return state.registry_down;
        state.submitted.push_back(request);
        registry::v1::SubmitResponse response;
        for (int i = 0; i < request.documents_size(); ++i) {
          response.add_document_ids(absl::StrCat("doc", i));
        }
        return response;
      });
}

void ServeContents(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<RegistryService::SetDocumentStatus>(
      [](const rpc::CallContext&, const registry::v1::SetDocumentStatusRequest& request)
          -> absl::StatusOr<registry::v1::SetDocumentStatusResponse> {
        registry::v1::SetDocumentStatusResponse response;
        response.mutable_document()->set_id(
            absl::StrCat(request.member(), "/", request.unique_id()));
        return response;
      });
  server.Serve<RegistryService::FindSubmissionSets>(
      [&state](const rpc::CallContext&, const registry::v1::FindSubmissionSetsRequest& request)
          -> absl::StatusOr<registry::v1::FindSubmissionSetsResponse> {
        const MutexLock lock(state.mutex);
        if (!request.id().empty() && request.id() != "set") return absl::NotFoundError("unknown");
        return state.sets;
      });
  server.Serve<RegistryService::PutContent>(
      [&state](const rpc::CallContext&, const registry::v1::PutContentRequest& request)
          -> absl::StatusOr<registry::v1::PutContentResponse> {
        const MutexLock lock(state.mutex);
        state.staged.push_back(request);
        registry::v1::PutContentResponse response;
        response.set_size_bytes(request.offset() + request.data().size());
        return response;
      });
  server.ServeStream<RegistryService::GetContent>(
      [&state](const std::shared_ptr<rpc::CallContext>&,
               const registry::v1::GetContentRequest& request,
               const rpc::ServerWriter<registry::v1::GetContentResponse>& writer) {
        registry::v1::GetContentResponse response;
        {
          const MutexLock lock(state.mutex);
          ++state.contents_read;
          response.set_data(state.content.substr(request.offset(), request.length()));
        }
        writer.Write(response, [writer](bool) { writer.Finish(absl::OkStatus()); });
      });
}

absl::StatusOr<consent::v1::DecideResponse> Decide(FakeState& state,
                                                   const consent::v1::DecideRequest& request) {
  const MutexLock lock(state.mutex);
  if (!state.consent_down.ok()) return state.consent_down;
  consent::v1::DecideResponse response;
  response.set_decision_id("d");
  response.mutable_token()->set_policy_epoch(static_cast<uint64_t>(state.consent_epoch));
  for (const consent::v1::Item& item : request.items()) {
    consent::v1::ItemDecision* decision = response.add_decisions();
    decision->set_item_id(item.id());
    const bool glass = state.opened.count(item.id()) != 0;
    const bool open = glass ? !request.session_id().empty() : state.denied.count(item.id()) == 0;
    decision->set_verdict(open ? consent::v1::VERDICT_PERMIT
                               : consent::v1::VERDICT_DENY_OVERRIDABLE);
    decision->set_opened_by_break_glass(open && glass);
  }
  return response;
}

void ServeSessions(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<ConsentService::OpenBreakGlass>(
      [&state](const rpc::CallContext&, const consent::v1::OpenBreakGlassRequest&)
          -> absl::StatusOr<consent::v1::OpenBreakGlassResponse> {
        const MutexLock lock(state.mutex);
        if (!state.open_refused.ok()) return state.open_refused;
        consent::v1::OpenBreakGlassResponse response;
        response.mutable_session()->set_id("session");
        response.mutable_session()->set_state(consent::v1::SESSION_STATE_ACTIVE_T1);
        return response;
      });
  server.Serve<ConsentService::AttestSecondTier>(
      [](const rpc::CallContext&, const consent::v1::AttestSecondTierRequest&)
          -> absl::StatusOr<consent::v1::AttestSecondTierResponse> {
        return absl::FailedPreconditionError("session: ended");
      });
  server.Serve<ConsentService::EndBreakGlass>(
      [](const rpc::CallContext&, const consent::v1::EndBreakGlassRequest&)
          -> absl::StatusOr<consent::v1::EndBreakGlassResponse> {
        return consent::v1::EndBreakGlassResponse();
      });
  server.Serve<ConsentService::NoteDisclosure>(
      [&state](const rpc::CallContext&, const consent::v1::NoteDisclosureRequest& request)
          -> absl::StatusOr<consent::v1::NoteDisclosureResponse> {
        const MutexLock lock(state.mutex);
        if (state.notes_refused > 0) {
          --state.notes_refused;
          return absl::UnavailableError("down");
        }
        for (const auto& custodian : request.custodians()) state.noted.push_back(custodian);
        return consent::v1::NoteDisclosureResponse();
      });
  server.Serve<ConsentService::ListNotices>(
      [](const rpc::CallContext&, const consent::v1::ListNoticesRequest& request)
          -> absl::StatusOr<consent::v1::ListNoticesResponse> {
        consent::v1::ListNoticesResponse response;
        response.add_notices()->set_member(request.member());
        return response;
      });
}

void ServeConsent(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<ConsentService::Decide>(
      [&state](const rpc::CallContext&, const consent::v1::DecideRequest& request) {
        return Decide(state, request);
      });
  server.Serve<ConsentService::ConfirmFence>(
      [&state](const rpc::CallContext&, const consent::v1::ConfirmFenceRequest& request)
          -> absl::StatusOr<consent::v1::ConfirmFenceResponse> {
        const MutexLock lock(state.mutex);
        if (request.token().policy_epoch() != static_cast<uint64_t>(state.consent_epoch)) {
          return absl::AbortedError("moved");
        }
        return consent::v1::ConfirmFenceResponse();
      });
  server.Serve<ConsentService::PutDirective>(
      [&state](const rpc::CallContext&, const consent::v1::PutDirectiveRequest& request)
          -> absl::StatusOr<consent::v1::PutDirectiveResponse> {
        const MutexLock lock(state.mutex);
        state.directives.push_back(request.directive());
        consent::v1::PutDirectiveResponse response;
        *response.mutable_directive() = request.directive();
        return response;
      });
  server.Serve<ConsentService::RevokeDirective>(
      [](const rpc::CallContext&, const consent::v1::RevokeDirectiveRequest&)
          -> absl::StatusOr<consent::v1::RevokeDirectiveResponse> {
        return consent::v1::RevokeDirectiveResponse();
      });
  server.Serve<ConsentService::ListDirectives>(
      [](const rpc::CallContext&, const consent::v1::ListDirectivesRequest& request)
          -> absl::StatusOr<consent::v1::ListDirectivesResponse> {
        consent::v1::ListDirectivesResponse response;
        for (const auto& patient : request.patients()) {
          *response.add_directives()->mutable_subject() = patient;
        }
        return response;
      });
  ServeSessions(state, server);
}

void ServeAuditAndDirectory(FakeState& state, rpc::MethodRegistrar& server) {
  server.Serve<AuditService::Append>(
      [&state](
          const rpc::CallContext&,
          const audit::v1::AppendRequest& request) -> absl::StatusOr<audit::v1::AppendResponse> {
        std::function<void()> on_intent;
        {
          const MutexLock lock(state.mutex);
          if (!state.audit_down.ok()) return state.audit_down;
          for (const audit::v1::Event& event : request.events()) {
            state.events.push_back(event);
            if (event.type() == audit::v1::EVENT_TYPE_INTENT) on_intent = state.on_intent;
          }
        }
        if (on_intent) on_intent();
        return audit::v1::AppendResponse();
      });
  server.Serve<AuditService::List>(
      [&state](const rpc::CallContext&,
               const audit::v1::ListRequest& request) -> absl::StatusOr<audit::v1::ListResponse> {
        if (state.audit_tells) return ListFakeLeaves(state, request);
        audit::v1::ListResponse response;
        const uint64_t before = request.before_sequence() == 0 ? 3 : request.before_sequence();
        for (uint64_t sequence = before - 1; sequence > 0; --sequence) {
          if (request.limit() != 0 &&
              static_cast<uint32_t>(response.records_size()) == request.limit()) {
            response.set_truncated(true);
            break;
          }
          audit::v1::AuditRecord* record = response.add_records();
          record->mutable_leaf()->set_sequence(sequence);
          record->mutable_leaf()->set_member(sequence == 1 ? "north" : "lakes");
          for (const auto& patient : request.patients()) {
            record->mutable_leaf()->add_patients()->set_tag(patient.id());
          }
          *record->mutable_patients() = request.patients();
        }
        return response;
      });
  server.Serve<AuditService::Verify>(
      [](const rpc::CallContext&,
         const audit::v1::VerifyRequest&) -> absl::StatusOr<audit::v1::VerifyResponse> {
        audit::v1::VerifyResponse response;
        response.set_leaves(7);
        return response;
      });
  server.Serve<DirectoryService::PutMember>(
      [](const rpc::CallContext&, const directory::v1::PutMemberRequest& request)
          -> absl::StatusOr<directory::v1::PutMemberResponse> {
        directory::v1::PutMemberResponse response;
        *response.mutable_member() = request.member();
        return response;
      });
  server.Serve<DirectoryService::GetSnapshot>(
      [](const rpc::CallContext&, const directory::v1::GetSnapshotRequest&)
          -> absl::StatusOr<directory::v1::GetSnapshotResponse> {
        return directory::v1::GetSnapshotResponse();
      });
}

Member MakeMember(const std::string& id, const std::string& domain) {
  Member member;
  member.id = MemberId(id);
  member.name = absl::StrCat(id, " hospital");
  member.state = MemberState::kLive;
  member.is_operator = id == "hie";
  if (member.is_operator) return member;
  MemberFacility facility;
  facility.id = absl::StrCat(id, "-main");
  facility.name = facility.id;
  member.facilities = {facility};
  PatientIdDomain oid;
  oid.oid = domain;
  oid.fold_case = true;
  member.domains = {oid};
  return member;
}

struct CountedCall final : exchange::MemberCall {
  explicit CountedCall(std::atomic<int>* count) : cancelled(count) {}
  void Cancel() override { ++*cancelled; }
  std::atomic<int>* cancelled;
};

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) std::abort();
  return *std::move(value);
}

}  // namespace

void ServeFakeRoles(FakeState& state, rpc::MethodRegistrar& server) {
  ServeMpi(state, server);
  ServeIndexFeeds(state, server);
  ServeFakeLoads(state, server);
  ServeFakeIdentity(state, server);
  ServeRegistry(state, server);
  ServeContents(state, server);
  ServeConsent(state, server);
  ServeAuditAndDirectory(state, server);
}

std::shared_ptr<exchange::MemberCall> FakeMembers::Ask(
    const exchange::MemberQuestion& question, std::function<void(exchange::MemberAnswer)> done) {
  ++asked;
  const auto at = answers.find(question.member.value());
  if (at != answers.end()) {
    pool_.TryRun([answer = at->second, done = std::move(done)] { done(answer); });
  }
  return std::make_shared<CountedCall>(&cancelled);
}

std::shared_ptr<exchange::MemberCall> FakeMembers::Fetch(
    const exchange::ContentRequest&, std::function<bool(absl::string_view)> on_chunk,
    std::function<void(absl::Status)> done) {
  pool_.TryRun([this, on_chunk = std::move(on_chunk), done = std::move(done)] {
    for (const std::string& chunk : chunks) {
      if (!on_chunk(chunk)) return;
    }
    done(content_status);
  });
  return std::make_shared<CountedCall>(&cancelled);
}

common::v1::LocalPatient PatientAt(const std::string& member) {
  common::v1::LocalPatient patient;
  patient.set_assigning_authority(member == "north"   ? "2.999.1"
                                  : member == "lakes" ? "2.999.2"
                                                      : "2.999.3");
  patient.set_id(member == "north" ? "N1" : member == "lakes" ? "L1" : "H1");
  patient.set_incarnation(1);
  return patient;
}

EdgeWorld::EdgeWorld(int queries_max, MemberState north) {
  state.person.set_eid("eid");
  state.person.set_link_version(3);
  for (const char* member : {"north", "lakes", "harbor"}) {
    mpi::v1::Record* record = state.person.add_records();
    *record->mutable_patient() = PatientAt(member);
    auto* name = record->mutable_demographics()->add_names();
    name->set_family("Zzyzx");
    name->add_given("Quasqueton");
    record->mutable_demographics()->set_birth_date("1961-04-02");
  }
  Member caller = MakeMember("north", "2.999.1");
  caller.state = north;
  directory_ = OrDie(
      members::MemberDirectory::Build(1, {MakeMember("harbor", "2.999.3"), MakeMember("hie", ""),
                                          MakeMember("lakes", "2.999.2"), caller}));
  source_ = std::make_unique<members::FixedMemberDirectory>(
      members::DirectoryReading{directory_, clock_.Now()});
  rpc::Server::Options roles;
  roles.name = "roles";
  roles.access = std::make_shared<rpc::EveryPermissionPolicy>(kCredential);
  roles.in_process_credential = kCredential;
  roles.clock = &clock_;
  roles_ = OrDie(rpc::Server::Create(std::move(roles)));
  ServeFakeRoles(state, *roles_);
  if (!roles_->Start().ok()) std::abort();
  const std::shared_ptr<rpc::Channel> role = roles_->InProcessChannel("gateway");
  GatewayEdge::Options options;
  options.roles = {role, role, role, role, role};
  options.members = &members;
  options.directory = source_.get();
  options.clock = &clock_;
  options.random = &random_;
  options.queries_max = queries_max;
  edge_ = OrDie(GatewayEdge::Create(std::move(options)));
  rpc::Server::Options gateway;
  gateway.name = "gateway";
  gateway.access = std::make_shared<TokenIsCaller>();
  gateway.in_process_credential = kCredential;
  gateway.clock = &clock_;
  server_ = OrDie(rpc::Server::Create(std::move(gateway)));
  edge_->Serve(*server_);
  if (!server_->Start().ok()) std::abort();
  channel_ = server_->InProcessChannel("test");
}

EdgeWorld::~EdgeWorld() {
  server_->Shutdown(absl::Seconds(2));
  edge_.reset();
  roles_->Shutdown(absl::Seconds(2));
}

rpc::CallOptions EdgeWorld::As(const std::string& member, const std::string& purpose,
                               const std::string& role) {
  rpc::CallOptions options = rpc::TenSeconds();
  options.bearer_token = absl::StrCat(member, "|", purpose, "|", role);
  return options;
}

std::vector<audit::v1::Event> EdgeWorld::Events() {
  const MutexLock lock(state.mutex);
  return state.events;
}

bool EdgeWorld::Eventually(
    const std::function<bool(const std::vector<audit::v1::Event>&)>& condition) {
  const absl::Time end = absl::Now() + absl::Seconds(10);
  while (!condition(Events())) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(2));
  }
  return true;
}

}  // namespace hie::edge
