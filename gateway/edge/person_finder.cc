#include "gateway/edge/person_finder.h"

#include <algorithm>
#include <utility>

#include "gateway/edge/person_release.h"
#include "hie/mpi/v1/mpi_service.methods.h"
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

exchange::v1::FoundPerson ShowFound(const VisiblePerson& visible,
                                    const mpi::v1::PersonCandidate& candidate,
                                    const exchange::DirectoryView& view, const MemberId& caller) {
  exchange::v1::FoundPerson shown;
  *shown.mutable_patient() = ShowPatient(visible, view, caller, {});
  shown.set_eid(shown.patient().eid());
  *shown.mutable_demographics() = shown.patient().demographics();
  shown.set_certain(candidate.certain());
  shown.set_grade(GradeOf(candidate, visible.all_places));
  if (visible.all_places) {
    shown.set_weight_millibits(candidate.weight_millibits());
    shown.set_margin_millibits(candidate.margin_millibits());
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
  PersonRelease::Options options{context, view, "find", result->too_many, {}};
  for (exchange::Candidate& candidate : result->candidates) {
    options.persons.push_back(std::move(candidate.person));
  }
  const auto response = std::make_shared<FindPatientsResponse>();
  response->set_too_many(result->too_many);
  const auto candidates = std::make_shared<const mpi::v1::SearchPersonsResponse>(std::move(found));
  PersonRelease::Start(
      services, std::move(options),
      [response, candidates, view, caller = context->caller().actor.member](
          const VisiblePerson& visible) -> std::optional<std::string> {
        exchange::v1::FoundPerson* person = response->add_persons();
        *person =
            ShowFound(visible, candidates->candidates(static_cast<int>(visible.at)), *view, caller);
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
