#include "gateway/feed/patient_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "absl/time/clock.h"
#include "gateway/feed/announcement_feed.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/registry/v1/registry_service.methods.h"
#include "services/common/rpc/testing/rpc_world.h"

namespace hie::feed {
namespace {

using mpi::v1::MpiService;
using registry::v1::RegistryService;
using testing::ElementsAre;

constexpr char kDomain[] = "2.999.2";
constexpr char kCredential[] = "process";

Member Lakes(MemberState state) {
  Member member;
  member.id = MemberId("lakes");
  member.name = "Lakes hospital";
  member.state = state;
  PatientIdDomain domain;
  domain.oid = kDomain;
  member.domains = {domain};
  return member;
}

class MachineClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

// A server wants every method of a service; the feed does not call these.
template <typename... Methods>
void ServeUncalled(rpc::Server& server) {
  (server.Serve<Methods>([](const rpc::CallContext&, const typename Methods::Request&)
                             -> absl::StatusOr<typename Methods::Response> {
    return absl::InternalError("not called");
  }),
   ...);
}

// The feed before an index that knows everybody and a registry that refuses what a test wants.
class PatientFeedTest : public testing::Test {
 protected:
  void Open(MemberState state = MemberState::kLive) {
    directory_ = std::make_unique<members::FixedMemberDirectory>(members::DirectoryReading{
        *members::MemberDirectory::Build(1, {Lakes(state)}), clock_.Now()});
    rpc::Server::Options options;
    options.name = "roles";
    options.access = std::make_shared<rpc::EveryPermissionPolicy>(kCredential);
    options.in_process_credential = kCredential;
    options.clock = &clock_;
    roles_ = *rpc::Server::Create(std::move(options));
    roles_->Serve<MpiService::RegisterRecord>(
        [](const rpc::CallContext&, const mpi::v1::RegisterRecordRequest& request)
            -> absl::StatusOr<mpi::v1::RegisterRecordResponse> {
          mpi::v1::RegisterRecordResponse response;
          *response.mutable_patient() = request.patient();
          response.mutable_patient()->set_incarnation(1);
          response.set_eid("eid");
          return response;
        });
    roles_->Serve<RegistryService::Submit>(
        [this](const rpc::CallContext&, const registry::v1::SubmitRequest& request) {
          return Submit(request);
        });
    ServeUncalled<MpiService::ResolvePerson, MpiService::SearchPersons, MpiService::ConfirmLinks,
                  MpiService::DecideLink, MpiService::QueryPersons, MpiService::MergeRecords,
                  MpiService::UnmergeRecord, MpiService::RemoveRecord, MpiService::PreviewRecord,
                  MpiService::GetGoldenView, MpiService::ExplainLink, RegistryService::Find,
                  RegistryService::GetDocument, RegistryService::SetDocumentStatus,
                  RegistryService::FindSubmissionSets, RegistryService::PutContent>(*roles_);
    roles_->ServeStream<RegistryService::GetContent>(
        [](const std::shared_ptr<rpc::CallContext>&, const registry::v1::GetContentRequest&,
           const rpc::ServerWriter<registry::v1::GetContentResponse>& writer) {
          writer.Finish(absl::InternalError("not called"));
        });
    ASSERT_TRUE(roles_->Start().ok());
    const std::shared_ptr<rpc::Channel> role = roles_->InProcessChannel("gateway");
    feed_ =
        std::make_unique<PatientFeed>(PatientFeed::Options{role, role, directory_.get(), &clock_});
  }

  absl::StatusOr<registry::v1::SubmitResponse> Submit(const registry::v1::SubmitRequest& request) {
    const MutexLock lock(mutex_);
    for (const auto& document : request.documents()) {
      if (document.title() == "bad") return refusal_;
    }
    for (const auto& claim : request.claims()) claimed_.push_back(claim.patient().id());
    return registry::v1::SubmitResponse();
  }

  static agent::v1::Announcement Announcement() {
    agent::v1::Announcement announcement;
    for (const char* id : {"L1", "L2"}) {
      agent::v1::AnnouncedPatient* patient = announcement.add_patients();
      patient->mutable_patient()->set_assigning_authority(kDomain);
      patient->mutable_patient()->set_id(id);
    }
    announcement.mutable_patients(0)->add_documents()->mutable_entry()->set_title("bad");
    return announcement;
  }

  absl::StatusOr<std::vector<members::AnnouncementProblem>> Announce() {
    std::promise<absl::StatusOr<std::vector<members::AnnouncementProblem>>> told;
    RegisterAnnouncements(*feed_, clock_, random_)(
        MemberId("lakes"), Announcement(), [&told](auto problems) { told.set_value(problems); });
    return told.get_future().get();
  }

  std::vector<std::string> Claimed() {
    const MutexLock lock(mutex_);
    std::sort(claimed_.begin(), claimed_.end());
    return claimed_;
  }

  MachineClock clock_;
  SeededRandom random_{20261122};
  Mutex mutex_;
  absl::Status refusal_;
  std::vector<std::string> claimed_ HIE_GUARDED_BY(mutex_);
  std::unique_ptr<members::FixedMemberDirectory> directory_;
  std::unique_ptr<PatientFeed> feed_;
  std::unique_ptr<rpc::Server> roles_;
};

TEST_F(PatientFeedTest, ARefusedDocumentHoldsUpNobodyAndTakesNoClaimWithIt) {
  for (const absl::Status& refusal :
       {absl::InvalidArgumentError("documents[0].title: want a text"),
        absl::AlreadyExistsError("documents[0].unique_id: want one that is not filed"),
        absl::FailedPreconditionError("documents[0].replaces_unique_id: want no circle")}) {
    Open();
    refusal_ = refusal;
    const auto problems = Announce();
    ASSERT_TRUE(problems.ok()) << problems.status();
    ASSERT_EQ(problems->size(), 1U);
    EXPECT_EQ((*problems)[0].index, 0);
    EXPECT_EQ((*problems)[0].what, refusal.message());
    EXPECT_THAT(Claimed(), ElementsAre("L1", "L2"));
    const MutexLock lock(mutex_);
    claimed_.clear();
  }
}

TEST_F(PatientFeedTest, ARegistryThatIsDownMakesAllBeAnnouncedAgain) {
  Open();
  refusal_ = absl::UnavailableError("down");
  EXPECT_TRUE(absl::IsUnavailable(Announce().status()));
}

TEST_F(PatientFeedTest, WhatAMemberAnnouncesBeforeItIsLiveIsAskedForAgain) {
  Open(MemberState::kShadow);
  EXPECT_TRUE(absl::IsUnavailable(Announce().status()));
  EXPECT_TRUE(Claimed().empty());
}

}  // namespace
}  // namespace hie::feed
