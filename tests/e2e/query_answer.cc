#include "tests/e2e/query_answer.h"

#include "absl/time/clock.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/reader.h"

namespace hie::testing {

std::optional<exchange::v1::Begin> QueryAnswer::begin() const {
  if (messages.empty() || !messages.front().has_begin()) return std::nullopt;
  return messages.front().begin();
}

std::optional<exchange::v1::End> QueryAnswer::end() const {
  if (messages.empty() || !messages.back().has_end()) return std::nullopt;
  return messages.back().end();
}

std::vector<exchange::v1::ClinicalItem> QueryAnswer::items() const {
  std::vector<exchange::v1::ClinicalItem> items;
  for (const exchange::v1::QueryResponse& message : messages) {
    items.insert(items.end(), message.item_batch().items().begin(),
                 message.item_batch().items().end());
  }
  return items;
}

std::set<ResourceKey> QueryAnswer::keys() const {
  std::set<ResourceKey> keys;
  for (const exchange::v1::ClinicalItem& item : items()) {
    const auto resource = json::Read(item.resource());
    const std::string id = resource.ok() ? std::string(resource->Text("id")) : "unreadable";
    keys.insert({item.source().member(), item.resource_type(), id});
  }
  return keys;
}

std::optional<exchange::v1::MemberOutcome> QueryAnswer::outcome(const std::string& member) const {
  for (const exchange::v1::QueryResponse& message : messages) {
    if (message.has_member_outcome() && message.member_outcome().member() == member) {
      return message.member_outcome();
    }
  }
  return std::nullopt;
}

QueryAnswer Ask(ctl::Session& session, const exchange::v1::QueryRequest& request) {
  QueryAnswer answer;
  const absl::Time start = absl::Now();
  answer.status = session.Stream<exchange::v1::ExchangeService::Query>(
      request, [&answer](const exchange::v1::QueryResponse& message) {
        answer.messages.push_back(message);
        return true;
      });
  answer.took = absl::Now() - start;
  return answer;
}

exchange::v1::PatientSubject SubjectOf(const std::string& member, const std::string& mrn) {
  exchange::v1::PatientSubject subject;
  subject.mutable_patient()->set_assigning_authority(DomainOf(member));
  subject.mutable_patient()->set_id(mrn);
  return subject;
}

exchange::v1::QueryRequest ByLocalId(const std::string& member, const std::string& mrn) {
  exchange::v1::QueryRequest request;
  *request.mutable_subject() = SubjectOf(member, mrn);
  return request;
}

}  // namespace hie::testing
