#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/agent/record_index.h"
#include "gateway/agent/source_files.h"
#include "services/common/base/clock.h"
#include "services/common/base/mutex.h"
#include "services/common/log/log.h"

namespace hie::agent {

// A folder of FHIR bundles, resources, ndjson and CDA documents, as an index that is read anew
// when files change.  Thread-safe.
class FolderSource {
 public:
  struct Options {
    std::string folder;
    std::string domain;
    const Clock* clock = nullptr;      // Must outlive the source.
    std::shared_ptr<log::Logger> log;  // Null: silent.
  };

  // Reads the folder.  NOT_FOUND, PERMISSION_DENIED: as ListSourceFiles.
  static absl::StatusOr<std::unique_ptr<FolderSource>> Open(Options options);

  // The records as of the last read.
  std::shared_ptr<const RecordIndex> index() const HIE_EXCLUDES(mutex_);

  // Lists the folder, reads what changed and swaps the index; true: it changed.  One caller at a
  // time.  An error leaves the index as it is.
  absl::StatusOr<bool> Refresh() HIE_EXCLUDES(mutex_);

  // The bytes of a document, whose hash is that of the index.  UNAVAILABLE: they changed.
  absl::StatusOr<std::string> Content(const SourceDocument& document) const;

 private:
  template <typename T>
  struct Cached {
    SourceFile file;
    T value;
  };

  explicit FolderSource(Options options) : options_(std::move(options)) {}
  std::shared_ptr<const ParsedFile> Parsed(const SourceFile& file);
  std::optional<ContentFile> ContentOf(const std::string& path);
  void Report(const RecordIndex& index);
  void Log(log::Level level, absl::string_view event, absl::string_view what) const;

  const Options options_;
  // Of the one caller of Refresh.
  std::vector<SourceFile> listed_;
  std::map<std::string, Cached<std::shared_ptr<const ParsedFile>>> parsed_;
  std::map<std::string, Cached<ContentFile>> contents_;
  std::set<std::string> reported_;

  mutable Mutex mutex_;
  std::shared_ptr<const RecordIndex> index_ HIE_GUARDED_BY(mutex_);
};

}  // namespace hie::agent
