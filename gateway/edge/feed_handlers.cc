#include "gateway/edge/feed_handlers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/edge/identity_fallout.h"
#include "gateway/edge/identity_recall.h"
#include "gateway/feed/admission.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::ExchangeService;
using mpi::v1::MpiService;

constexpr absl::string_view kIndex = "the patient index";
constexpr int kPatientsMax = 100;
constexpr int kPairsMax = 16;

void Fill(const mpi::v1::RegisterRecordResponse& registered, exchange::v1::RegisteredPatient& out) {
  out.set_outcome(registered.outcome());
  out.set_eid(registered.eid());
  out.set_version(registered.version());
  out.set_created(registered.created());
  out.set_recorded_micros(registered.recorded_micros());
}

void Refuse(const absl::Status& told, exchange::v1::RegisteredPatient& out) {
  out.set_problem(std::string(told.message()));
  out.set_problem_code(static_cast<int>(told.code()));
}

// Whom the patient would be linked to stays in the index.
void Fill(const mpi::v1::PreviewRecordResponse& previewed, exchange::v1::PreviewedPatient& out) {
  out.set_outcome(previewed.outcome());
  out.set_best_weight_millibits(previewed.best_weight_millibits());
  *out.mutable_vetoes() = previewed.vetoes();
}

void Refuse(const absl::Status& told, exchange::v1::PreviewedPatient& out) {
  out.set_problem(std::string(told.message()));
}

// Answers of one feed, gathered while they come in any order.
template <typename Response>
class Gathered {
 public:
  Gathered(int count, Answer<Response> answer) : answer_(std::move(answer)), pending_(count) {
    for (int i = 0; i < count; ++i) response_.add_patients();
  }

  template <typename Made>
  void Put(int at, const absl::StatusOr<Made>& made) {
    {
      const MutexLock lock(mutex_);
      if (made.ok()) {
        Fill(*made, *response_.mutable_patients(at));
      } else {
        Refuse(TellCaller(made.status(), "the exchange"), *response_.mutable_patients(at));
      }
      if (--pending_ > 0) return;
    }
    answer_(std::move(response_));
  }

 private:
  const Answer<Response> answer_;
  Mutex mutex_;
  int pending_ HIE_GUARDED_BY(mutex_);
  Response response_;  // The last Put has it alone.
};

feed::FedPatient ToFed(exchange::v1::RegisterPatient& wanted) {
  feed::FedPatient patient;
  patient.patient = std::move(*wanted.mutable_patient());
  patient.demographics = std::move(*wanted.mutable_demographics());
  if (!wanted.facility().empty()) patient.facilities.push_back(wanted.facility());
  patient.unit = wanted.unit();
  patient.event_micros = wanted.event_micros();
  patient.kind = wanted.kind();
  patient.expected_version = wanted.expected_version();
  return patient;
}

// Each by itself: what is wrong with one patient holds up no other.
void RegisterPatients(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                      exchange::v1::RegisterPatientsRequest request,
                      Answer<exchange::v1::RegisterPatientsResponse> answer) {
  if (request.patients().empty() || request.patients_size() > kPatientsMax) {
    return answer(absl::InvalidArgumentError("patients: want 1..100"));
  }
  const auto gathered = std::make_shared<Gathered<exchange::v1::RegisterPatientsResponse>>(
      request.patients_size(), std::move(answer));
  for (int at = 0; at < request.patients_size(); ++at) {
    services.feed().Register(
        context->caller().actor, ToFed(*request.mutable_patients(at)),
        [gathered, at](const absl::StatusOr<mpi::v1::RegisterRecordResponse>& registered) {
          gathered->Put(at, registered);
        });
  }
}

void PreviewPatients(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                     exchange::v1::PreviewPatientsRequest request,
                     Answer<exchange::v1::PreviewPatientsResponse> answer) {
  if (request.patients().empty() || request.patients_size() > kPatientsMax) {
    return answer(absl::InvalidArgumentError("patients: want 1..100"));
  }
  const auto gathered = std::make_shared<Gathered<exchange::v1::PreviewPatientsResponse>>(
      request.patients_size(), std::move(answer));
  for (int at = 0; at < request.patients_size(); ++at) {
    services.feed().Preview(
        context->caller().actor, ToFed(*request.mutable_patients(at)),
        [gathered, at](const absl::StatusOr<mpi::v1::PreviewRecordResponse>& previewed) {
          gathered->Put(at, previewed);
        });
  }
}

absl::StatusOr<mpi::v1::MergeRecordsRequest> ReadMerge(
    const EdgeServices& services, const Actor& actor, exchange::v1::MergePatientsRequest& request) {
  if (request.pairs().empty() || request.pairs_size() > kPairsMax) {
    return absl::InvalidArgumentError("pairs: want 1..16");
  }
  HIE_ASSIGN_OR_RETURN(const auto directory, services.Directory());
  for (int at = 0; at < request.pairs_size(); ++at) {
    mpi::v1::MergePair& pair = *request.mutable_pairs(at);
    const std::string field = absl::StrCat("pairs[", at, "].");
    HIE_RETURN_IF_ERROR(feed::Admit(actor, *directory, absl::StrCat(field, "survivor"),
                                    feed::Effect::kContribute, *pair.mutable_survivor()));
    HIE_RETURN_IF_ERROR(feed::Admit(actor, *directory, absl::StrCat(field, "subsumed"),
                                    feed::Effect::kContribute, *pair.mutable_subsumed()));
  }
  mpi::v1::MergeRecordsRequest merge;
  *merge.mutable_actor() = wire::ToProto(actor);
  *merge.mutable_pairs() = std::move(*request.mutable_pairs());
  merge.set_create_tombstone(request.create_tombstone());
  merge.set_event_micros(request.event_micros());
  return merge;
}

void MergePatients(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                   exchange::v1::MergePatientsRequest request,
                   Answer<exchange::v1::MergePatientsResponse> answer) {
  const auto merge = ReadMerge(services, context->caller().actor, request);
  if (!merge.ok()) return answer(merge.status());
  CallRole<MpiService::MergeRecords>(
      *services.roles().mpi, kIndex, *context, *merge,
      [answer = std::move(answer)](absl::StatusOr<mpi::v1::MergeRecordsResponse> merged) {
        if (!merged.ok()) return answer(merged.status());
        exchange::v1::MergePatientsResponse response;
        *response.mutable_outcomes() = merged->outcomes();
        *response.mutable_eids() = std::move(*merged->mutable_eids());
        answer(std::move(response));
      });
}

// The caller's own id, of a member that is LIVE, as the index wants it.
absl::Status AdmitOwn(const EdgeServices& services, const Actor& actor, absl::string_view field,
                      common::v1::LocalPatient& patient) {
  HIE_ASSIGN_OR_RETURN(const auto directory, services.Directory());
  return feed::Admit(actor, *directory, field, feed::Effect::kContribute, patient);
}

void UnmergePatient(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                    exchange::v1::UnmergePatientRequest request,
                    Answer<exchange::v1::UnmergePatientResponse> answer) {
  const Actor& actor = context->caller().actor;
  mpi::v1::UnmergeRecordRequest unmerge;
  *unmerge.mutable_actor() = wire::ToProto(actor);
  *unmerge.mutable_subsumed() = std::move(*request.mutable_subsumed());
  const absl::Status admitted = AdmitOwn(services, actor, "subsumed", *unmerge.mutable_subsumed());
  if (!admitted.ok()) return answer(admitted);
  CallRole<MpiService::UnmergeRecord>(
      *services.roles().mpi, kIndex, *context, unmerge,
      [&services, context, subsumed = unmerge.subsumed(),
       answer = std::move(answer)](absl::StatusOr<mpi::v1::UnmergeRecordResponse> unmerged) {
        if (!unmerged.ok()) return answer(unmerged.status());
        CausedEvent caused{.eid = unmerged->eid()};
        caused.fits = [subsumed](const auto& event) { return Unmerged(event, subsumed); };
        GiveNoticeAfter(services, context, std::move(caused));
        exchange::v1::UnmergePatientResponse response;
        response.set_eid(unmerged->eid());
        answer(std::move(response));
      });
}

void RemovePatient(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                   exchange::v1::RemovePatientRequest request,
                   Answer<exchange::v1::RemovePatientResponse> answer) {
  const Actor& actor = context->caller().actor;
  mpi::v1::RemoveRecordRequest remove;
  *remove.mutable_actor() = wire::ToProto(actor);
  *remove.mutable_patient() = std::move(*request.mutable_patient());
  remove.set_event_micros(request.event_micros());
  const absl::Status admitted = AdmitOwn(services, actor, "patient", *remove.mutable_patient());
  if (!admitted.ok()) return answer(admitted);
  CallRole<MpiService::RemoveRecord>(
      *services.roles().mpi, kIndex, *context, remove,
      [answer = std::move(answer)](const absl::StatusOr<mpi::v1::RemoveRecordResponse>& removed) {
        if (!removed.ok()) return answer(removed.status());
        answer(exchange::v1::RemovePatientResponse());
      });
}

}  // namespace

void ServeFeeds(EdgeServices& services, rpc::MethodRegistrar& server) {
  ServeCounted<ExchangeService::RegisterPatients>(server, services, RegisterPatients);
  ServeCounted<ExchangeService::PreviewPatients>(server, services, PreviewPatients);
  ServeCounted<ExchangeService::MergePatients>(server, services, MergePatients);
  ServeCounted<ExchangeService::UnmergePatient>(server, services, UnmergePatient);
  ServeCounted<ExchangeService::RemovePatient>(server, services, RemovePatient);
}

}  // namespace hie::edge
