#include "mpi/service/bulk_load.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "hie/mpi/v1/load_service.methods.h"
#include "mpi/store/load_progress.h"
#include "services/common/base/status_macros.h"

namespace hie::mpi {
namespace {

constexpr int kThreadsMax = 8;
constexpr uint32_t kRejectsListedMax = 1000;

int ThreadsOr(int threads) {
  if (threads > 0) return threads;
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, kThreadsMax);
}

}  // namespace

BulkLoads::BulkLoads(Journal& journal, int threads)
    : journal_(journal),
      pool_({.name = "loads",
             .threads = ThreadsOr(threads),
             .queue_max = static_cast<size_t>(kLoadStreamsMax * ThreadsOr(threads))}),
      services_(std::make_shared<LoadServices>()) {
  services_->journal = &journal_;
  services_->pool = &pool_;
  services_->threads = ThreadsOr(threads);
}

BulkLoads::~BulkLoads() { pool_.Stop(); }

void BulkLoads::Serve(rpc::MethodRegistrar& server) {
  using Methods = v1::LoadService;
  server.ServeBidi<Methods::LoadRecords>(
      [this](const std::shared_ptr<rpc::CallContext>& context, LoadStream::Writer writer) {
        return Open(context, std::move(writer));
      });
  server.Serve<Methods::GetLoad>(
      [this](const rpc::CallContext&, const v1::GetLoadRequest& request) {
        return GetLoad(request);
      });
  server.Serve<Methods::ListLoadRejects>(
      [this](const rpc::CallContext&, const v1::ListLoadRejectsRequest& request) {
        return ListLoadRejects(request);
      });
}

std::function<void(const v1::LoadRecordsRequest*)> BulkLoads::Open(
    const std::shared_ptr<rpc::CallContext>& context, LoadStream::Writer writer) {
  // Freed with the last stream.
  const std::shared_ptr<LoadStream> stream(
      new LoadStream(*services_, std::move(writer)),
      [services = services_](const LoadStream* last) { delete last; });
  if (services_->streams.load() > kLoadStreamsMax) {
    stream->Fail(absl::ResourceExhaustedError(
        absl::StrCat("loads: want at most ", kLoadStreamsMax, " at once")));
  }
  context->WhenCancelled([weak = std::weak_ptr<LoadStream>(stream)] {
    if (const auto alive = weak.lock()) alive->Abandon();
  });
  return [stream](const v1::LoadRecordsRequest* request) { stream->Receive(request); };
}

absl::StatusOr<v1::GetLoadResponse> BulkLoads::GetLoad(const v1::GetLoadRequest& request) const {
  v1::GetLoadResponse response;
  HIE_ASSIGN_OR_RETURN(*response.mutable_load(),
                       ReadLoad(*journal_.Snapshot(), request.member(), request.load_id()));
  return response;
}

absl::StatusOr<v1::ListLoadRejectsResponse> BulkLoads::ListLoadRejects(
    const v1::ListLoadRejectsRequest& request) const {
  if (request.limit() > kRejectsListedMax) {
    return absl::InvalidArgumentError(absl::StrCat("limit: want 1..", kRejectsListedMax));
  }
  const uint32_t limit = request.limit() == 0 ? kRejectsListedMax : request.limit();
  HIE_ASSIGN_OR_RETURN(const std::vector<v1::LineProblem> problems,
                       ReadLoadRejects(*journal_.Snapshot(), request.member(), request.load_id(),
                                       request.after_line(), limit));
  v1::ListLoadRejectsResponse response;
  response.mutable_problems()->Assign(problems.begin(), problems.end());
  return response;
}

}  // namespace hie::mpi
