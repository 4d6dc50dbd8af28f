#include "gateway/edge/query_handlers.h"

#include <utility>

#include "gateway/edge/retrieve_driver.h"
#include "gateway/edge/session.h"
#include "gateway/edge/subject.h"
#include "gateway/exchange/query_driver.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"

namespace hie::edge {
namespace {

using exchange::v1::ExchangeService;

constexpr uint32_t kBudgetMillisMin = 100;
constexpr uint32_t kBudgetMillisMax = 60'000;
constexpr uint32_t kBudgetMillisDefault = 10'000;
constexpr int kClassesMax = 16;
constexpr int kOnlyItemsMax = 1000;
constexpr int kOnlyMembersMax = 64;

// What of the answer is wanted.
absl::Status ReadRestriction(const exchange::v1::QueryRequest& request, exchange::Query& query) {
  if (request.only_items_size() > kOnlyItemsMax) {
    return absl::InvalidArgumentError("only_items: want at most 1000");
  }
  if (request.only_members_size() > kOnlyMembersMax) {
    return absl::InvalidArgumentError("only_members: want at most 64");
  }
  for (const std::string& id : request.only_items()) {
    if (id.empty()) return absl::InvalidArgumentError("only_items: want ids from an answer");
    query.only_items.insert(id);
  }
  for (const std::string& member : request.only_members()) {
    if (member.empty()) return absl::InvalidArgumentError("only_members: want ids of members");
    query.only_members.emplace(member);
  }
  query.include_superseded = request.include_superseded();
  return absl::OkStatus();
}

absl::StatusOr<exchange::Query> ReadQuery(EdgeServices& services, const Actor& actor,
                                          const exchange::v1::QueryRequest& request) {
  HIE_RETURN_IF_ERROR(CheckSession(actor, request.session_id()));
  exchange::Query query;
  HIE_ASSIGN_OR_RETURN(query.subject, ReadSubject(request.subject()));
  if (request.classes_size() > kClassesMax) {
    return absl::InvalidArgumentError("classes: want at most 16");
  }
  for (int i = 0; i < request.classes_size(); ++i) {
    HIE_ASSIGN_OR_RETURN(const ClinicalClass wanted,
                         wire::FromProto(request.classes(i), "classes"));
    query.classes.push_back(wanted);
  }
  HIE_RETURN_IF_ERROR(ReadRestriction(request, query));
  const uint32_t millis =
      request.budget_millis() == 0 ? kBudgetMillisDefault : request.budget_millis();
  if (millis < kBudgetMillisMin || millis > kBudgetMillisMax) {
    return absl::InvalidArgumentError("budget_millis: want 100..60000, or 0");
  }
  query.budget = absl::Milliseconds(millis);
  query.query_id = services.NewId();
  query.actor = actor;
  query.session_id = request.session_id();
  HIE_ASSIGN_OR_RETURN(query.directory, services.View());
  return query;
}

void HandleQuery(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                 const exchange::v1::QueryRequest& request,
                 const rpc::ServerWriter<exchange::v1::QueryResponse>& writer) {
  absl::StatusOr<exchange::Query> query = ReadQuery(services, context->caller().actor, request);
  if (!query.ok()) return writer.Finish(query.status());
  if (!services.queries().TryEnter()) {
    return writer.Finish(absl::ResourceExhaustedError("too many queries are on their way"));
  }
  exchange::QueryDriver::Start(services.ForQueries(), *std::move(query), std::move(context), writer,
                               [&services] { services.queries().Leave(); });
}

void HandleRetrieve(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    exchange::v1::RetrieveRequest request,
                    const rpc::ServerWriter<exchange::v1::RetrieveResponse>& writer) {
  const absl::Status session = CheckSession(context->caller().actor, request.session_id());
  if (!session.ok()) return writer.Finish(session);
  if (request.document_id().empty() || request.document_id().size() > wire::kTextBytesMax) {
    return writer.Finish(absl::InvalidArgumentError("document_id: want an id from an answer"));
  }
  RetrieveDriver::Start(services, std::move(request), std::move(context), writer);
}

}  // namespace

void ServeQueries(EdgeServices& services, rpc::MethodRegistrar& server) {
  server.ServeStream<ExchangeService::Query>(
      [&services](std::shared_ptr<rpc::CallContext> context,
                  const exchange::v1::QueryRequest& request,
                  const rpc::ServerWriter<exchange::v1::QueryResponse>& writer) {
        HandleQuery(services, std::move(context), request, writer);
      });
  server.ServeStream<ExchangeService::Retrieve>(
      [&services](std::shared_ptr<rpc::CallContext> context, exchange::v1::RetrieveRequest request,
                  const rpc::ServerWriter<exchange::v1::RetrieveResponse>& writer) {
        HandleRetrieve(services, std::move(context), std::move(request), writer);
      });
}

}  // namespace hie::edge
