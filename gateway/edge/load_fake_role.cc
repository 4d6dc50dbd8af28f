#include "gateway/edge/load_fake_role.h"

#include <utility>

#include "gateway/members/write_queue.h"
#include "hie/mpi/v1/load_service.methods.h"

namespace hie::edge {
namespace {

using mpi::v1::LoadService;
using Writer = rpc::ServerWriter<mpi::v1::LoadRecordsResponse>;

mpi::v1::LoadRecordsResponse AnswerTo(FakeState& state,
                                      const mpi::v1::LoadRecordsRequest& request) {
  const MutexLock lock(state.mutex);
  mpi::v1::LoadRecordsResponse response;
  if (request.has_begin()) {
    state.load_begun = request.begin();
    response.mutable_began()->set_window_lines(kFakeLoadWindow);
    response.mutable_began()->mutable_load()->set_applied_line(state.load_applied);
  } else if (request.has_end()) {
    response.mutable_ended()->mutable_load()->set_applied_line(request.end().lines());
  }
  for (const mpi::v1::LoadLine& line : request.lines().lines()) {
    state.loaded.push_back(line);
    mpi::v1::LineResult& result = *response.mutable_progress()->add_results();
    result.set_line_number(line.line_number());
    if (line.has_problem()) {
      *result.mutable_problem() = line.problem();
    } else if (line.patient().id() == "BAD") {
      result.mutable_problem()->set_line_number(line.line_number());
      result.mutable_problem()->set_field("patient");
    } else {
      result.set_incarnation(1);
      result.set_outcome(mpi::v1::LINK_OUTCOME_NEW);
    }
  }
  return response;
}

}  // namespace

void ServeFakeLoads(FakeState& state, rpc::MethodRegistrar& server) {
  server.ServeBidi<LoadService::LoadRecords>([&state](const std::shared_ptr<rpc::CallContext>&,
                                                      Writer writer) {
    const auto queue =
        std::make_shared<members::WriteQueue>(members::WriteQueue::Bounds{100, 1 << 20});
    return [&state, writer, queue](const mpi::v1::LoadRecordsRequest* request) {
      if (request == nullptr) return writer.Finish(absl::OkStatus());
      queue->Push([writer, response = AnswerTo(state, *request)](
                      members::WriteQueue::Done done) { writer.Write(response, std::move(done)); },
                  1);
    };
  });
  server.Serve<LoadService::GetLoad>(
      [&state](const rpc::CallContext&,
               const mpi::v1::GetLoadRequest& request) -> absl::StatusOr<mpi::v1::GetLoadResponse> {
        const MutexLock lock(state.mutex);
        if (request.member() != state.load_begun.actor().member() ||
            request.load_id() != state.load_begun.load_id()) {
          return absl::NotFoundError("load_id: no such load of the member");
        }
        mpi::v1::GetLoadResponse response;
        response.mutable_load()->set_applied_line(state.load_applied);
        return response;
      });
  server.Serve<LoadService::ListLoadRejects>(
      [](const rpc::CallContext&, const mpi::v1::ListLoadRejectsRequest& request)
          -> absl::StatusOr<mpi::v1::ListLoadRejectsResponse> {
        mpi::v1::ListLoadRejectsResponse response;
        response.add_problems()->set_field(request.member());
        return response;
      });
}

}  // namespace hie::edge
