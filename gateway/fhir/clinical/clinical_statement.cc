#include "gateway/fhir/clinical/clinical_statement.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/exchange/clinical_view.h"
#include "gateway/fhir/patients/element.h"
#include "services/common/crypto/hash.h"
#include "services/common/json/reader.h"

namespace hie::fhir {
namespace {

// A FHIR id for what has none here: 40 hex digits.
constexpr size_t kMadeIdBytes = 20;

std::string MakeId(absl::string_view text) {
  return absl::BytesToHexString(crypto::Sha256(text).substr(0, kMadeIdBytes));
}

exchange::Standing StandingOfItem(const exchange::v1::ClinicalItem& item) {
  exchange::ShownItem shown;
  shown.clinical_status = item.clinical_status();
  shown.verification_status = item.verification_status();
  shown.negation = item.negation();
  return exchange::StandingOf(shown);
}

// Active and past ones stand together, by date.
int Rank(exchange::Standing standing) {
  if (standing == exchange::Standing::kNegative) return 1;
  return standing == exchange::Standing::kWithdrawn ? 2 : 0;
}

}  // namespace

std::optional<ClinicalStatement> ReadStatement(const exchange::v1::ClinicalItem& item) {
  absl::StatusOr<json::Value> received = json::Read(item.resource());
  if (!received.ok() || received->Text("resourceType").empty()) return std::nullopt;
  ClinicalStatement statement;
  statement.item = item;
  statement.received = *std::move(received);
  statement.id = IsLogicalId(item.id()) ? item.id() : MakeId(item.id());
  statement.standing = StandingOfItem(item);
  return statement;
}

StatementReferences::Key StatementReferences::KeyOf(const exchange::v1::ClinicalItem& item,
                                                    std::string reference) {
  const common::v1::LocalPatient& patient = item.source().patient();
  return {item.source().member(), patient.assigning_authority(), patient.id(),
          patient.incarnation(), std::move(reference)};
}

void StatementReferences::Add(const ClinicalStatement& statement) {
  const absl::string_view own = statement.received.Text("id");
  if (own.empty()) return;
  const absl::string_view type = statement.received.Text("resourceType");
  const std::string here = absl::StrCat(type, "/", statement.id);
  ids_.emplace(KeyOf(statement.item, absl::StrCat(type, "/", own)), here);
  ids_.emplace(KeyOf(statement.item, absl::StrCat("urn:uuid:", own)), here);
}

std::optional<std::string> StatementReferences::Find(const exchange::v1::ClinicalItem& from,
                                                     absl::string_view reference) const {
  const auto found = ids_.find(KeyOf(from, std::string(reference)));
  if (found == ids_.end()) return std::nullopt;
  return found->second;
}

void SortForDisplay(ByClass by_class, std::vector<ClinicalStatement>& statements) {
  const auto key = [by_class](const ClinicalStatement& statement) {
    const auto clinical_class = static_cast<ClinicalClass>(statement.item.clinical_class());
    return std::make_pair(by_class == ByClass::kYes ? exchange::DisplayRank(clinical_class) : 0,
                          Rank(statement.standing));
  };
  std::sort(statements.begin(), statements.end(),
            [&key](const ClinicalStatement& a, const ClinicalStatement& b) {
              if (key(a) != key(b)) return key(a) < key(b);
              if (a.item.date() != b.item.date()) return a.item.date() > b.item.date();
              return a.id < b.id;
            });
}

json::Value StatementProvenance(const Call& call, const ClinicalStatement& statement) {
  const exchange::v1::ClinicalItem& item = statement.item;
  json::Value provenance = json::Value::Object();
  provenance.Set("resourceType", json::Value::String("Provenance"));
  provenance.Set("id", json::Value::String(MakeId(absl::StrCat("provenance|", item.id()))));
  provenance.Set("target", json::Value::Array({ReferenceElement(absl::StrCat(
                               statement.received.Text("resourceType"), "/", statement.id))}));
  // When this account was given; when the statement was made stands in occurredDateTime.
  SetText(provenance, "occurredDateTime", item.date());
  provenance.Set("recorded", json::Value::String(InstantText(call.services().clock->Now())));
  json::Value agent = json::Value::Object();
  agent.Set("type",
            ConceptElement("http://terminology.hl7.org/CodeSystem/provenance-participant-type",
                           "custodian"));
  const Member* member = call.directory().FindMember(MemberId(item.source().member()));
  json::Value who = json::Value::Object();
  if (member != nullptr) {
    who = MemberReference(*member);
  } else {
    SetText(
        who, "display",
        item.source().member_name().empty() ? item.source().member() : item.source().member_name());
  }
  agent.Set("who", std::move(who));
  provenance.Set("agent", json::Value::Array({std::move(agent)}));
  return provenance;
}

}  // namespace hie::fhir
