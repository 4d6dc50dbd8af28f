#include "gateway/fhir/documents/found_documents.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gateway/fhir/documents/document_codes.h"
#include "gateway/fhir/documents/document_reference_view.h"
#include "gateway/members/fhir_time.h"
#include "services/common/json/reader.h"

namespace hie::fhir {
namespace {

// One document of one member, as far as it is known.
struct Known {
  const registry::v1::DocumentEntry* entry = nullptr;
  const exchange::v1::ClinicalItem* item = nullptr;
  json::Value received;
  std::vector<std::string> also_at;
  bool merged = false;  // Into another.

  const std::string& member() const { return entry ? entry->member() : item->source().member(); }
  std::string unique_id() const {
    if (entry != nullptr) return entry->unique_id();
    return item->master_identifier().empty() ? item->id() : item->master_identifier();
  }
  std::string id() const {
    return entry != nullptr ? entry->id() : DocumentIdOf(member(), unique_id());
  }
  // Hex; empty unknown.
  std::string sha256() const {
    if (item != nullptr && !item->content_sha256().empty()) return item->content_sha256();
    return entry == nullptr ? "" : absl::BytesToHexString(entry->sha256());
  }
};

using Documents = std::map<std::pair<std::string, std::string>, Known>;

Documents Gather(const FederatedAnswer& answer) {
  Documents documents;
  for (const registry::v1::DocumentEntry& entry : answer.index) {
    documents[{entry.member(), entry.unique_id()}].entry = &entry;
  }
  for (const exchange::v1::ClinicalItem& item : answer.items) {
    if (item.resource_type() != "DocumentReference") continue;
    absl::StatusOr<json::Value> received = json::Read(item.resource());
    if (!received.ok() || received->Text("resourceType") != "DocumentReference") continue;
    Known fresh;
    fresh.item = &item;
    Known& known = documents[{item.source().member(), fresh.unique_id()}];
    if (known.item != nullptr) continue;  // The same document twice: the first.
    known.item = &item;
    known.received = *std::move(received);
  }
  return documents;
}

// One document that several members have: the one that was verified now stands for all.
void MergeAcrossMembers(Documents& documents) {
  std::map<std::pair<std::string, std::string>, std::vector<Known*>> same;
  for (auto& [key, known] : documents) {
    const std::string hash = known.sha256();
    if (!hash.empty()) same[{key.second, hash}].push_back(&known);
  }
  for (auto& [key, group] : same) {
    if (group.size() < 2) continue;
    const auto first = std::min_element(group.begin(), group.end(), [](auto* a, auto* b) {
      return std::make_tuple(a->item == nullptr, a->id()) <
             std::make_tuple(b->item == nullptr, b->id());
    });
    for (Known* known : group) {
      if (known == *first) continue;
      (*first)->also_at.push_back(known->member());
      known->merged = true;
    }
  }
}

// What the source says now against what it said before: a status only rises.
registry::v1::DocumentStatus StatusOf(const Known& known) {
  const absl::string_view now = known.received.Text("status");
  registry::v1::DocumentStatus status = known.entry->status();
  if (now == "superseded") status = std::max(status, registry::v1::DOCUMENT_STATUS_SUPERSEDED);
  if (now == "entered-in-error") status = registry::v1::DOCUMENT_STATUS_ENTERED_IN_ERROR;
  return status;
}

json::Value ResourceOf(const Call& call, const Known& known, const std::string& eid) {
  DocumentView view;
  view.eid = eid;
  view.also_at = known.also_at;
  if (!known.also_at.empty()) view.dedup_basis = "master-identifier-and-hash";
  if (known.item != nullptr) {
    view.member_name = known.item->source().member_name();
    view.obligations.assign(known.item->obligations().begin(), known.item->obligations().end());
    view.opened_by_break_glass = known.item->opened_by_break_glass();
  }
  if (known.entry == nullptr) {
    exchange::v1::ClinicalItem item = *known.item;
    item.set_master_identifier(known.unique_id());
    return UnregisteredDocument(call, item, known.received, view);
  }
  view.received = known.item != nullptr ? &known.received : nullptr;
  // Content that the exchange keeps needs nobody's word that it is still there.
  view.index_only = known.item == nullptr && known.entry->content_id().empty();
  registry::v1::DocumentEntry entry = *known.entry;
  entry.set_status(StatusOf(known));
  return DocumentReferenceOf(call, entry, view);
}

FoundDocument Found(const Call& call, const Known& known, const std::string& eid) {
  FoundDocument found;
  found.id = known.id();
  if (known.entry != nullptr) found.release_ids.push_back(known.entry->id());
  if (known.item != nullptr) found.release_ids.push_back(known.item->id());
  found.member = known.member();
  found.unique_id = known.unique_id();
  found.resource = ResourceOf(call, known, eid);
  return found;
}

// Microseconds by which a document is sorted; the least where it has no date.
int64_t SortTime(const FoundDocument& document, absl::string_view key) {
  const json::Value* value = nullptr;
  if (key == "creation") value = document.resource.At("/content/0/attachment/creation");
  if (key == "_lastUpdated") value = document.resource.At("/meta/lastUpdated");
  if (key == "date") value = document.resource.Find("date");
  return value == nullptr ? 0 : MicrosOf(value->text());
}

// Negative: a before b.
int Compare(const FoundDocument& a, const FoundDocument& b, absl::string_view key,
            bool descending) {
  int order = 0;
  if (key == "_id") {
    order = a.id.compare(b.id);
  } else {
    const int64_t left = SortTime(a, key);
    const int64_t right = SortTime(b, key);
    if (left == right) return 0;
    if (left == 0 || right == 0) return left == 0 ? 1 : -1;
    order = left < right ? -1 : 1;
  }
  return descending ? -order : order;
}

}  // namespace

std::vector<FoundDocument> FindDocuments(const Call& call, const FederatedAnswer& answer) {
  Documents documents = Gather(answer);
  MergeAcrossMembers(documents);
  // What was merged away is released all the same: its page asks for it again.
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> merged;
  std::vector<FoundDocument> found;
  for (const auto& [key, known] : documents) {
    if (!known.merged) continue;
    std::vector<std::string>& ids = merged[{known.unique_id(), known.sha256()}];
    if (known.entry != nullptr) ids.push_back(known.entry->id());
    if (known.item != nullptr) ids.push_back(known.item->id());
  }
  for (const auto& [key, known] : documents) {
    if (known.merged) continue;
    found.push_back(Found(call, known, answer.begin.eid()));
    if (known.also_at.empty()) continue;
    const std::vector<std::string>& others = merged[{known.unique_id(), known.sha256()}];
    found.back().release_ids.insert(found.back().release_ids.end(), others.begin(), others.end());
  }
  return found;
}

bool HoldsUnreadable(const FederatedAnswer& answer) {
  return std::any_of(answer.items.begin(), answer.items.end(), [](const auto& item) {
    if (item.resource_type() != "DocumentReference") return false;
    const absl::StatusOr<json::Value> received = json::Read(item.resource());
    return !received.ok() || received->Text("resourceType") != "DocumentReference";
  });
}

void KeepLatest(std::vector<FoundDocument>& documents) {
  std::set<std::pair<std::string, std::string>> replaced;
  for (const FoundDocument& document : documents) {
    for (const json::Value& relates : document.resource.Each("relatesTo")) {
      const json::Value* target = relates.At("/target/identifier/value");
      if (relates.Text("code") == "replaces" && target != nullptr) {
        replaced.insert({document.member, std::string(target->text())});
      }
    }
  }
  std::erase_if(documents, [&](const FoundDocument& document) {
    return replaced.contains({document.member, document.unique_id});
  });
}

void SortDocuments(const std::vector<std::pair<std::string, bool>>& keys,
                   std::vector<FoundDocument>& documents) {
  std::vector<std::pair<std::string, bool>> order = keys;
  order.push_back({"date", true});
  order.push_back({"_id", false});
  std::sort(documents.begin(), documents.end(), [&](const auto& a, const auto& b) {
    for (const auto& [key, descending] : order) {
      if (const int compared = Compare(a, b, key, descending); compared != 0) return compared < 0;
    }
    return false;
  });
}

}  // namespace hie::fhir
