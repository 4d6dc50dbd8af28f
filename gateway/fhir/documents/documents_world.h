#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gateway/fhir/documents/document_interactions.h"
#include "gateway/fhir/testing/test_call.h"
#include "hie/exchange/v1/exchange_service.methods.h"
#include "services/common/json/reader.h"

// What the tests of this room stand on.
namespace hie::fhir::testing {

using ExchangeMethods = exchange::v1::ExchangeService;

inline Member TestMember(const std::string& id, const std::string& community) {
  Member member;
  member.id = MemberId(id);
  member.name = id == "north" ? "North Hospital" : "Lakes Clinic";
  member.home_community = community;
  member.state = MemberState::kLive;
  member.facilities.push_back({absl::StrCat(id, "-main"), "Main", {}, {}, {}, {}});
  PatientIdDomain domain;
  domain.oid = absl::StrCat(community, ".1");
  member.domains.push_back(domain);
  return member;
}

inline std::vector<Member> TestMembers() {
  return {TestMember("lakes", "2.999.1.20"), TestMember("north", "2.999.1.10")};
}

inline json::Value Json(absl::string_view text) {
  absl::StatusOr<json::Value> value = json::Read(text);
  return value.ok() ? *std::move(value) : json::Value();
}

// The first detail code of an OperationOutcome.
inline std::string DetailOf(const json::Value& outcome) {
  const json::Value* code = outcome.At("/issue/0/details/coding/0/code");
  return code == nullptr ? "" : std::string(code->text());
}

// `value` with the element at `path` replaced; nothing removes it.
inline json::Value Edited(const json::Value& value, const std::vector<std::string>& path,
                          const std::optional<json::Value>& replacement, size_t at = 0) {
  if (at == path.size()) return replacement.value_or(json::Value());
  const bool last = at + 1 == path.size();
  if (value.IsArray()) {
    json::Value out = json::Value::Array();
    for (size_t i = 0; i < value.items().size(); ++i) {
      const bool here = std::to_string(i) == path[at];
      if (here && last && !replacement) continue;
      out.Append(here ? Edited(value.items()[i], path, replacement, at + 1) : value.items()[i]);
    }
    return out;
  }
  json::Value out = json::Value::Object();
  bool found = false;
  for (const json::Member& member : value.members()) {
    const bool here = member.name == path[at];
    found = found || here;
    if (here && last && !replacement) continue;
    out.Set(member.name, here ? Edited(member.value, path, replacement, at + 1) : member.value);
  }
  if (!found && replacement) out.Set(path[at], Edited(json::Value(), path, replacement, at + 1));
  return out;
}

// An exchange that files what it gets for person p-7, whose record at north is N-1001.
inline void FilesEverything(FakeExchange& exchange) {
  exchange.On<ExchangeMethods::SubmitDocuments>(
      [](const exchange::v1::SubmitDocumentsRequest& request) {
        exchange::v1::SubmitDocumentsResponse response;
        for (int i = 0; i < request.documents_size(); ++i) {
          response.add_document_ids(absl::StrCat("d-", 88 + i));
          response.add_existed(false);
        }
        response.set_submission_set_id("s-1");
        response.set_recorded_micros(1'768'212'001'120'000);
        response.set_eid("p-7");
        return response;
      });
  exchange.On<ExchangeMethods::SearchPatients>([](const exchange::v1::SearchPatientsRequest&) {
    exchange::v1::SearchPatientsResponse response;
    exchange::v1::PatientView& view = *response.add_patients();
    view.set_eid("p-7");
    view.set_active(true);
    common::v1::HumanName& name = *view.mutable_demographics()->add_names();
    name.set_family("Moreau");
    name.add_given("Ana");
    view.mutable_demographics()->set_birth_date("1980-03-05");
    view.mutable_demographics()->set_sex(common::v1::ADMINISTRATIVE_SEX_FEMALE);
    common::v1::LocalPatient& id = *view.add_identifiers();
    id.set_assigning_authority("2.999.1.10.1");
    id.set_id("N-1001");
    id.set_incarnation(1);
    return response;
  });
  exchange.On<ExchangeMethods::GetDocument>(
      [](const exchange::v1::GetDocumentRequest& request)
          -> absl::StatusOr<exchange::v1::GetDocumentResponse> {
        if (request.document_id() != "d-1") return absl::NotFoundError("document_id: unknown");
        exchange::v1::GetDocumentResponse response;
        response.mutable_document()->set_id("d-1");
        response.mutable_document()->set_unique_id("urn:oid:2.999.1.10.9.400");
        response.set_eid("p-7");
        return response;
      });
  exchange.On<ExchangeMethods::PutDocumentContent>(
      [](const exchange::v1::PutDocumentContentRequest& request) {
        exchange::v1::PutDocumentContentResponse response;
        response.set_size_bytes(request.offset() + request.data().size());
        return response;
      });
}

class DocumentsWorld : public TestWorld {
 public:
  DocumentsWorld() : TestWorld(DocumentInteractions(), TestMembers()) {
    FilesEverything(exchange());
  }
  size_t Submissions() { return exchange().Requests<ExchangeMethods::SubmitDocuments>().size(); }
};

}  // namespace hie::fhir::testing
