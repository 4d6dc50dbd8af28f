#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gateway/agent/parsed_file.h"
#include "gateway/members/fhir_document.h"
#include "services/common/patient/demographics.h"

namespace hie::agent {

// What is known of a file that a document's content stands in.
struct ContentFile {
  uint64_t size = 0;
  std::string sha256;  // 32 bytes.
};

// Returns what is known of the file at a path of the folder; nothing: it cannot be read.
using ContentLookup = std::function<std::optional<ContentFile>(const std::string& path)>;

// One document that can be fetched.
struct SourceDocument {
  members::DocumentFacts facts;  // Size and hash are those of the content at hand.
  std::string path;              // File of the folder; empty: `facts.inline_content`.
  std::string facility;
};

// Everything the source holds of one patient.
struct PatientRecord {
  Demographics demographics;                     // Of the latest Patient resource.
  std::vector<const SourceResource*> patients;   // Patient resources, the latest first.
  std::vector<const SourceResource*> resources;  // Of served classes, in order of file and place.
  std::map<std::string, SourceDocument> documents;  // By unique id.
  std::set<std::string> facilities;
  bool partial = false;  // A broken file holds, or may hold, more.
};

// The records of a source, by local patient id.  Immutable; thread-safe.
class RecordIndex {
 public:
  // Ties the resources of `files` together: references are looked up in their own file first,
  // then in all.  A resource that stands in several files is taken once, the latest version.
  static std::shared_ptr<const RecordIndex> Build(
      const std::string& domain, std::vector<std::shared_ptr<const ParsedFile>> files,
      const ContentLookup& content);

  // Null: no such patient.
  const PatientRecord* Find(const std::string& id) const;
  const std::map<std::string, PatientRecord>& patients() const { return patients_; }

  // Some file could not be read at all, so that nothing can be said of patients who are not here.
  bool HasUnreadableFile() const { return unreadable_; }
  // What was left out and why, by file tag (FileTag); no patient data.
  const std::vector<std::string>& warnings() const { return warnings_; }

  // The resource that a reference of `from` names, or null.
  const SourceResource* Resolve(const SourceResource& from, absl::string_view reference) const;

 private:
  friend class IndexBuilder;

  std::vector<std::shared_ptr<const ParsedFile>> files_;  // Owns what is pointed to.
  std::map<const SourceResource*, size_t> file_of_;
  std::vector<std::map<std::string, const SourceResource*, std::less<>>> by_file_;
  std::map<std::string, const SourceResource*, std::less<>> by_reference_;
  std::map<std::string, PatientRecord> patients_;
  std::vector<std::string> warnings_;
  bool unreadable_ = false;
};

}  // namespace hie::agent
