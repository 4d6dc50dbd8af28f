#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/fhir/federated_answer.h"
#include "gateway/fhir/member_outcome.h"
#include "gateway/fhir/negotiation.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/writer.h"

namespace hie::fhir {
namespace {

using exchange::v1::ExchangeService;
using exchange::v1::QueryResponse;

// Writes a query's messages as lines while they come (INTERFACES 6.4).  Its calls come one after
// the other.
class QueryStream : public std::enable_shared_from_this<QueryStream> {
 public:
  QueryStream(std::shared_ptr<Call> call, ItemViews views)
      : call_(std::move(call)),
        views_(std::move(views)),
        begun_(call_->services().clock->Now()),
        events_(absl::StrContains(call_->request().headers.Get("Accept"), "text/event-stream")) {}

  void OnMessage(QueryResponse message, std::function<void(bool)> next) {
    std::string lines;
    Render(message, lines);
    if (lines.empty()) return next(true);
    if (!writer_) Open();
    writer_->Write(std::move(lines), std::move(next));
  }

  void OnDone(const absl::Status& status) {
    if (!writer_) {
      call_->Fail(status.ok() ? absl::InternalError("query: broke without its end") : status);
    } else if (status.ok() && ended_) {
      writer_->End();
    } else {
      writer_->Abort();  // No end line: the client knows that it is not all.
    }
  }

 private:
  void Open() {
    http::Headers headers = {
        {"Content-Type", events_ ? "text/event-stream;charset=utf-8" : "application/x-ndjson"},
        {"Cache-Control", "no-store"}};
    writer_ = call_->Stream(200, std::move(headers), std::nullopt);
  }

  void Render(const QueryResponse& message, std::string& out) {
    switch (message.message_case()) {
      case QueryResponse::kBegin:
        eid_ = message.begin().eid();
        return RenderBegin(message.begin(), out);
      case QueryResponse::kIndexBatch:
        return RenderIndex(message.index_batch(), out);
      case QueryResponse::kItemBatch:
        for (const auto& item : message.item_batch().items()) {
          if (views_.item) RenderEntry(item.source().member(), views_.item(item, eid_), out);
        }
        return;
      case QueryResponse::kMemberOutcome:
        return RenderMember(message.member_outcome(), out);
      case QueryResponse::kEnd:
        ended_ = true;
        return RenderEnd(message.end(), out);
      case QueryResponse::MESSAGE_NOT_SET:
        return;
    }
  }

  json::Writer Begin(absl::string_view type) {
    json::Writer line;
    line.BeginObject().Text("type", type);
    return line;
  }

  void Finish(absl::string_view type, json::Writer line, std::string& out) {
    line.EndObject();
    const std::string text = std::move(line).Take();
    if (events_) {
      absl::StrAppend(&out, "event: ", type, "\ndata: ", text, "\n\n");
    } else {
      absl::StrAppend(&out, text, "\n");
    }
  }

  void RenderBegin(const exchange::v1::Begin& begin, std::string& out) {
    json::Writer line = Begin("begin");
    line.Text("query", begin.query_id());
    line.Key("expected").Integer(begin.expected_members_size());
    line.Key("budgetMs").Integer(begin.budget_millis());
    Finish("begin", std::move(line), out);
  }

  void RenderIndex(const exchange::v1::IndexBatch& batch, std::string& out) {
    std::set<std::string> members;
    for (const auto& document : batch.documents()) members.insert(document.member());
    json::Writer line = Begin("index");
    line.Key("entries").Integer(batch.documents_size());
    line.Key("members").Integer(static_cast<int64_t>(members.size()));
    line.Key("elapsedMs")
        .Integer(absl::ToInt64Milliseconds(call_->services().clock->Now() - begun_));
    Finish("index", std::move(line), out);
    for (const auto& document : batch.documents()) {
      if (views_.entry) RenderEntry(document.member(), views_.entry(document, eid_), out);
    }
  }

  void RenderEntry(absl::string_view member, const json::Value& resource, std::string& out) {
    if (resource.IsNull()) return;
    ++total_;
    json::Writer line = Begin("entry");
    line.Text("source", CommunityOf(*call_, member));
    line.Key("resource").Element(resource);
    Finish("entry", std::move(line), out);
  }

  void RenderMember(const exchange::v1::MemberOutcome& outcome, std::string& out) {
    json::Writer line = Begin("member");
    line.Text("member", CommunityOf(*call_, outcome.member()));
    line.Text("outcome", WordsOf(outcome.code()).code);
    line.Key("entries").Integer(outcome.items());
    line.Key("elapsedMs").Integer(outcome.elapsed_millis());
    Finish("member", std::move(line), out);
  }

  void RenderEnd(const exchange::v1::End& end, std::string& out) {
    json::Writer line = Begin("end");
    line.Text("completeness", CompletenessCode(end.completeness()));
    line.Key("answered").Integer(end.answered());
    line.Key("expected").Integer(end.expected());
    line.Key("total").Integer(total_);
    line.Text("notice", end.notice());
    Finish("end", std::move(line), out);
  }

  const std::shared_ptr<Call> call_;
  const ItemViews views_;
  const absl::Time begun_;
  const bool events_;
  std::shared_ptr<http::BodyWriter> writer_;
  std::string eid_;
  int64_t total_ = 0;
  bool ended_ = false;
};

}  // namespace

void StreamQuery(std::shared_ptr<Call> call, const exchange::v1::QueryRequest& request,
                 ItemViews views) {
  auto stream = std::make_shared<QueryStream>(call, std::move(views));
  call->services().exchange->Stream<ExchangeService::Query>(
      call->context(), request,
      [stream](QueryResponse message, std::function<void(bool)> next) {
        stream->OnMessage(std::move(message), std::move(next));
      },
      [stream](absl::Status status) { stream->OnDone(status); });
}

}  // namespace hie::fhir
