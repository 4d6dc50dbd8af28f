#include "gateway/edge/person_finder.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "gateway/edge/person_release.h"
#include "hie/mpi/v1/mpi_service.methods.h"
#include "services/common/base/mutex.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::FindPatientsResponse;
using mpi::v1::MpiService;

constexpr absl::string_view kIndex = "the patient index";

// Grades other than certain tell of the best record, whosever it is.
exchange::v1::MatchGrade GradeOf(const mpi::v1::PersonCandidate& candidate, bool all_places) {
  if (candidate.grade() == mpi::v1::MATCH_GRADE_CERTAIN) return exchange::v1::MATCH_GRADE_CERTAIN;
  if (!all_places) return exchange::v1::MATCH_GRADE_POSSIBLE;
  switch (candidate.grade()) {
    case mpi::v1::MATCH_GRADE_PROBABLE:
      return exchange::v1::MATCH_GRADE_PROBABLE;
    case mpi::v1::MATCH_GRADE_CERTAINLY_NOT:
      return exchange::v1::MATCH_GRADE_CERTAINLY_NOT;
    default:
      return exchange::v1::MATCH_GRADE_POSSIBLE;
  }
}

// The persons of an answer: whoever is hidden must not show in how far another one is ahead.
class Shown {
 public:
  explicit Shown(mpi::v1::SearchPersonsResponse found) : found_(std::move(found)) {}

  const mpi::v1::PersonCandidate& At(size_t at) const {
    return found_.candidates(static_cast<int>(at));
  }
  void Add(const VisiblePerson& visible) HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    all_places_[visible.at] = visible.all_places;
  }
  // After every Add.  By the weights that the caller is told; 0 where the next one's is not.
  int32_t MarginOf(size_t at) const HIE_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    const auto first = all_places_.begin();
    if (first == all_places_.end() || first->first != at || !first->second) return 0;
    const auto next = std::next(first);
    const int32_t weight = At(at).weight_millibits();
    if (next == all_places_.end()) return std::max(0, weight);
    return next->second ? std::max(0, weight - At(next->first).weight_millibits()) : 0;
  }

 private:
  const mpi::v1::SearchPersonsResponse found_;
  mutable Mutex mutex_;
  std::map<size_t, bool> all_places_ HIE_GUARDED_BY(mutex_);  // By place, best first.
};

exchange::v1::FoundPerson ShowFound(const VisiblePerson& visible, const Shown& all,
                                    const exchange::DirectoryView& view, const MemberId& caller) {
  const mpi::v1::PersonCandidate& candidate = all.At(visible.at);
  exchange::v1::FoundPerson shown;
  *shown.mutable_patient() = ShowPatient(visible, view, caller, {});
  shown.set_eid(shown.patient().eid());
  *shown.mutable_demographics() = shown.patient().demographics();
  shown.set_certain(candidate.certain());
  shown.set_grade(GradeOf(candidate, visible.all_places));
  if (visible.all_places) {
    shown.set_weight_millibits(candidate.weight_millibits());
    shown.set_margin_millibits(all.MarginOf(visible.at));
    *shown.mutable_vetoes() = candidate.vetoes();
    *shown.mutable_fields() = candidate.fields();
  }
  return shown;
}

void TakeCandidates(EdgeServices& services, const std::shared_ptr<rpc::CallContext>& context,
                    std::shared_ptr<const exchange::DirectoryView> view,
                    mpi::v1::SearchPersonsResponse found, Answer<FindPatientsResponse> answer) {
  absl::StatusOr<exchange::SearchResult> result = exchange::FromProto(found);
  if (!result.ok()) return answer(absl::InternalError("persons: bad shape"));
  const auto shown = std::make_shared<Shown>(std::move(found));
  PersonRelease::Options options{context, view, "find", result->too_many, {}};
  options.prepare = [shown](const VisiblePerson& visible, const auto& next) {
    shown->Add(visible);
    next(absl::OkStatus());
  };
  for (exchange::Candidate& candidate : result->candidates) {
    options.persons.push_back(std::move(candidate.person));
  }
  const auto response = std::make_shared<FindPatientsResponse>();
  response->set_too_many(result->too_many);
  PersonRelease::Start(
      services, std::move(options),
      [response, shown, view, caller = context->caller().actor.member](
          const VisiblePerson& visible) -> std::optional<std::string> {
        exchange::v1::FoundPerson* person = response->add_persons();
        *person = ShowFound(visible, *shown, *view, caller);
        return person->SerializeAsString();
      },
      [response, answer = std::move(answer)](const absl::Status& status) {
        if (!status.ok()) return answer(status);
        answer(std::move(*response));
      });
}

}  // namespace

void FindPatients(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                  const exchange::v1::FindPatientsRequest& request,
                  Answer<FindPatientsResponse> answer) {
  const auto demographics = wire::FromProto(request.demographics(), "demographics");
  if (!demographics.ok()) return answer(demographics.status());
  if (request.limit() > kPersonsFoundMax) {
    return answer(absl::InvalidArgumentError("limit: want 0..10"));
  }
  auto view = services.View();
  if (!view.ok()) return answer(view.status());
  mpi::v1::SearchPersonsRequest search;
  *search.mutable_demographics() = request.demographics();
  search.set_limit(request.limit());
  CallRole<MpiService::SearchPersons>(
      *services.roles().mpi, kIndex, *context, search,
      [&services, context, view = *std::move(view),
       answer = std::move(answer)](absl::StatusOr<mpi::v1::SearchPersonsResponse> response) {
        if (!response.ok()) return answer(response.status());
        TakeCandidates(services, context, view, *std::move(response), answer);
      });
}

}  // namespace hie::edge
