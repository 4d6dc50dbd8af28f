#include "gateway/fhir/federated_answer.h"

#include <utility>

#include "gateway/fhir/async_answers.h"
#include "hie/exchange/v1/exchange_service.methods.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::QueryResponse;

// An answer as far as it has come.  The exchange gives one message after the other: no lock.
struct Gathering {
  FederatedAnswer answer;
  bool ended = false;
};

void NoteProgress(const Call& call, const FederatedAnswer& answer) {
  if (!call.respond_async() || call.services().async == nullptr) return;
  call.services().async->NoteProgress(
      call, AsyncProgress{static_cast<uint32_t>(answer.outcomes.size()),
                          static_cast<uint32_t>(answer.begin.expected_members_size())});
}

void Add(QueryResponse message, Gathering& gathering) {
  FederatedAnswer& answer = gathering.answer;
  switch (message.message_case()) {
    case QueryResponse::kBegin:
      answer.begin = std::move(*message.mutable_begin());
      break;
    case QueryResponse::kIndexBatch:
      for (auto& document : *message.mutable_index_batch()->mutable_documents()) {
        answer.index.push_back(std::move(document));
      }
      break;
    case QueryResponse::kItemBatch:
      for (auto& item : *message.mutable_item_batch()->mutable_items()) {
        answer.items.push_back(std::move(item));
      }
      break;
    case QueryResponse::kMemberOutcome:
      answer.outcomes.push_back(std::move(*message.mutable_member_outcome()));
      break;
    case QueryResponse::kEnd:
      answer.end = std::move(*message.mutable_end());
      gathering.ended = true;
      break;
    case QueryResponse::MESSAGE_NOT_SET:
      break;
  }
}

}  // namespace

void GatherQuery(std::shared_ptr<Call> call, const exchange::v1::QueryRequest& request,
                 std::function<void(absl::StatusOr<FederatedAnswer>)> done) {
  auto gathering = std::make_shared<Gathering>();
  call->services().exchange->Stream<ExchangeService::Query>(
      call->context(), request,
      [call, gathering](QueryResponse message, std::function<void(bool)> next) {
        Add(std::move(message), *gathering);
        NoteProgress(*call, gathering->answer);
        next(true);
      },
      [gathering, done = std::move(done)](absl::Status status) {
        if (!status.ok()) return done(std::move(status));
        if (!gathering->ended) return done(absl::InternalError("query: broke without its end"));
        done(std::move(gathering->answer));
      });
}

}  // namespace hie::fhir
