#include "gateway/edge/identity_split.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gateway/edge/identity_steward.h"
#include "gateway/edge/person_release.h"
#include "gateway/edge/subject.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "hie/mpi/v1/review_service.methods.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using mpi::v1::MpiService;
using mpi::v1::ReviewService;

// Records that are looked at, at most; a person of more was none.
constexpr size_t kRecordsMax = 16;
constexpr uint32_t kEventsMax = 1000;

// One question, step by step.
class SplitFinder : public std::enable_shared_from_this<SplitFinder> {
 public:
  SplitFinder(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
              std::shared_ptr<const exchange::DirectoryView> view, std::string eid,
              std::function<void(absl::StatusOr<bool>)> next)
      : services_(services),
        context_(std::move(context)),
        view_(std::move(view)),
        eid_(std::move(eid)),
        next_(std::move(next)) {}

  void Start() {
    mpi::v1::ResolvePersonRequest request;
    request.set_eid(eid_);
    CallRole<MpiService::ResolvePerson>(
        *services_.roles().mpi, kPatientIndex, *context_, request,
        [self = shared_from_this()](const absl::StatusOr<mpi::v1::ResolvePersonResponse>& found) {
          if (absl::IsUnavailable(found.status())) return self->next_(found.status());
          const bool split = absl::IsFailedPrecondition(found.status()) &&
                             absl::StrContains(found.status().message(), "identity-split");
          if (!split) return self->next_(false);
          self->FindRecords();
        });
  }

 private:
  void FindRecords() {
    mpi::v1::ListEventsRequest list;
    list.set_eid(eid_);
    list.set_limit(kEventsMax);
    CallRole<ReviewService::ListEvents>(
        *services_.roles().mpi, kPatientIndex, *context_, list,
        [self = shared_from_this()](absl::StatusOr<mpi::v1::ListEventsResponse> listed) {
          if (absl::IsUnavailable(listed.status())) return self->next_(listed.status());
          if (!listed.ok()) return self->next_(false);
          for (const mpi::v1::LinkEvent& event : listed->events()) self->Take(event);
          self->ResolveNext(0);
        });
  }

  // Whoever left the person was of it; the last event that names it retired it.
  void Take(const mpi::v1::LinkEvent& event) {
    for (const mpi::v1::MovedRecord& moved : event.moved()) {
      const auto patient =
          wire::FromProto(moved.patient(), "patient", wire::Incarnation::kRequired);
      if (!patient.ok() || moved.from_eid() != eid_) continue;
      const bool known = std::find(former_.begin(), former_.end(), *patient) != former_.end();
      if (!known && former_.size() < kRecordsMax) former_.push_back(*patient);
    }
  }

  void ResolveNext(size_t at) {
    if (at == former_.size()) return Release();
    ResolveRecord(services_, *context_, former_[at],
                  [self = shared_from_this(), at](absl::StatusOr<exchange::Person> person) {
                    if (absl::IsUnavailable(person.status())) return self->next_(person.status());
                    if (person.ok()) self->AddPerson(*std::move(person));
                    self->ResolveNext(at + 1);
                  });
  }

  void AddPerson(exchange::Person person) {
    const bool known =
        std::any_of(persons_.begin(), persons_.end(),
                    [&person](const exchange::Person& other) { return other.eid == person.eid; });
    if (!known) persons_.push_back(std::move(person));
  }

  bool WasOfIt(const exchange::Record& record) const {
    return std::find(former_.begin(), former_.end(), record.patient) != former_.end();
  }

  void Release() {
    PersonRelease::Options options{context_, view_, "search-split", false, std::move(persons_)};
    PersonRelease::Start(
        services_, std::move(options),
        [self = shared_from_this()](const VisiblePerson& visible) -> std::optional<std::string> {
          const bool known = std::any_of(
              visible.records.begin(), visible.records.end(),
              [&self](const exchange::Record* record) { return self->WasOfIt(*record); });
          if (!known) return std::nullopt;
          self->told_ = true;
          return self->eid_;
        },
        [self = shared_from_this()](const absl::Status& status) {
          if (!status.ok()) return self->next_(status);
          self->next_(self->told_);
        });
  }

  EdgeServices& services_;
  const std::shared_ptr<rpc::CallContext> context_;
  const std::shared_ptr<const exchange::DirectoryView> view_;
  const std::string eid_;
  const std::function<void(absl::StatusOr<bool>)> next_;
  std::vector<LocalPatient> former_;
  std::vector<exchange::Person> persons_;
  bool told_ = false;
};

}  // namespace

void FindSplit(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
               std::shared_ptr<const exchange::DirectoryView> view, const std::string& eid,
               std::function<void(absl::StatusOr<bool>)> next) {
  std::make_shared<SplitFinder>(services, std::move(context), std::move(view), eid, std::move(next))
      ->Start();
}

}  // namespace hie::edge
