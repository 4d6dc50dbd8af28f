#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "services/registry/file_submission.h"

namespace hie::registry {

// What is filed, in maps: for tests of the rules.
class FiledInMemory final : public FiledDocuments {
 public:
  absl::StatusOr<std::optional<DocumentEntry>> Document(const std::string& id) const override {
    return Get(documents, id);
  }
  absl::StatusOr<std::optional<LocatorEntry>> Locator(const LocatorKey& key) const override {
    return Get(locators, key);
  }
  absl::StatusOr<std::vector<std::string>> Relating(const std::string& id) const override {
    std::vector<std::string> ids;
    for (const Association& association : associations) {
      if (association.target_id == id) ids.push_back(association.by_id);
    }
    return ids;
  }
  absl::StatusOr<std::optional<KeptContent>> Content(const std::string& id) const override {
    return Get(contents, id);
  }
  absl::StatusOr<absl::Time> Newest(
      const LocatorKey& key, absl::FunctionRef<bool(const std::string&)> skip) const override {
    absl::Time newest = absl::InfinitePast();
    for (const auto& [id, document] : documents) {
      if (LocatorKey(document.patient, document.member) != key || skip(id)) continue;
      if (Counts(document)) newest = std::max(newest, document.created);
    }
    return newest;
  }

  // Files and keeps.
  absl::StatusOr<Filing> File(const Submission& submission, absl::Time now) {
    return Keep(FileSubmission(submission, *this, now));
  }
  absl::StatusOr<Filing> Change(const std::string& member, const std::string& unique_id,
                                DocumentStatus status, absl::Time now) {
    return Keep(ChangeStatus(MemberId(member), unique_id, status, *this, now));
  }

  std::map<std::string, DocumentEntry> documents;
  std::map<LocatorKey, LocatorEntry> locators;
  std::set<Association> associations;
  std::map<std::string, KeptContent> contents;

 private:
  template <typename Map>
  static std::optional<typename Map::mapped_type> Get(const Map& map,
                                                      const typename Map::key_type& key) {
    const auto it = map.find(key);
    if (it == map.end()) return std::nullopt;
    return it->second;
  }

  absl::StatusOr<Filing> Keep(absl::StatusOr<Filing> filing) {
    if (!filing.ok()) return filing;
    for (const auto& [id, document] : filing->documents) documents[id] = document;
    for (const auto& [key, locator] : filing->locators) locators[key] = locator;
    for (const auto& [content, document] : filing->contents) {
      contents[content].document_id = document;
    }
    associations.insert(filing->associations.begin(), filing->associations.end());
    return filing;
  }
};

}  // namespace hie::registry
