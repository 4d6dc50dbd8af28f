#include "gateway/agent/folder_source.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/hash.h"

namespace hie::agent {
namespace {

constexpr absl::Duration kProgressInterval = absl::Seconds(5);

}  // namespace

absl::StatusOr<std::unique_ptr<FolderSource>> FolderSource::Open(Options options) {
  auto source = std::unique_ptr<FolderSource>(new FolderSource(std::move(options)));
  HIE_RETURN_IF_ERROR(source->Refresh().status());
  return source;
}

std::shared_ptr<const RecordIndex> FolderSource::index() const {
  MutexLock lock(mutex_);
  return index_;
}

void FolderSource::Log(log::Level level, absl::string_view event, absl::string_view what) const {
  if (options_.log != nullptr) options_.log->Write(level, event, {{"what", what}});
}

absl::StatusOr<bool> FolderSource::Refresh() {
  HIE_ASSIGN_OR_RETURN(std::vector<SourceFile> files, ListSourceFiles(options_.folder));
  if (index() != nullptr && files == listed_) return false;
  std::vector<std::shared_ptr<const ParsedFile>> parsed;
  absl::Time said = options_.clock->Now();
  for (const SourceFile& file : files) {
    parsed.push_back(Parsed(file));
    if (options_.clock->Now() - said < kProgressInterval) continue;
    said = options_.clock->Now();
    Log(log::Level::kInfo, "indexing",
        absl::StrCat(parsed.size(), " of ", files.size(), " files read"));
  }
  listed_ = std::move(files);
  std::shared_ptr<const RecordIndex> index =
      RecordIndex::Build(options_.domain, std::move(parsed),
                         [this](const std::string& path) { return ContentOf(path); });
  std::erase_if(parsed_, [&](const auto& entry) {
    return !std::binary_search(
        listed_.begin(), listed_.end(), entry.second.file,
        [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  });
  Report(*index);
  MutexLock lock(mutex_);
  index_ = std::move(index);
  return true;
}

std::shared_ptr<const ParsedFile> FolderSource::Parsed(const SourceFile& file) {
  const auto known = parsed_.find(file.path);
  if (known != parsed_.end() && known->second.file == file) return known->second.value;
  ParsedFile parsed;
  const absl::StatusOr<std::string> bytes = ReadSourceFile(options_.folder, file.path);
  if (bytes.ok()) {
    parsed = ParseSourceFile(file.path, *bytes, options_.domain);
  } else {
    parsed.path = file.path;
    parsed.state = FileState::kBroken;
    parsed.problem = std::string(bytes.status().message());
  }
  auto shared = std::make_shared<const ParsedFile>(std::move(parsed));
  parsed_.insert_or_assign(file.path, Cached<std::shared_ptr<const ParsedFile>>{file, shared});
  return shared;
}

std::optional<ContentFile> FolderSource::ContentOf(const std::string& path) {
  const auto listed = std::find_if(listed_.begin(), listed_.end(),
                                   [&](const SourceFile& file) { return file.path == path; });
  if (listed == listed_.end()) return std::nullopt;
  const auto known = contents_.find(path);
  if (known != contents_.end() && known->second.file == *listed) return known->second.value;
  const absl::StatusOr<std::string> bytes = ReadSourceFile(options_.folder, path);
  if (!bytes.ok()) return std::nullopt;
  const ContentFile content = {bytes->size(), crypto::Sha256(*bytes)};
  contents_.insert_or_assign(path, Cached<ContentFile>{*listed, content});
  return content;
}

void FolderSource::Report(const RecordIndex& index) {
  Log(log::Level::kInfo, "indexed",
      absl::StrCat(index.patients().size(), " patients in ", listed_.size(), " files"));
  for (const std::string& warning : index.warnings()) {
    if (reported_.insert(warning).second) Log(log::Level::kWarning, "left-out", warning);
  }
}

absl::StatusOr<std::string> FolderSource::Content(const SourceDocument& document) const {
  if (document.path.empty()) {
    if (document.facts.inline_content.empty()) {
      return absl::NotFoundError("document: its content is not in the folder");
    }
    return document.facts.inline_content;
  }
  HIE_ASSIGN_OR_RETURN(std::string bytes, ReadSourceFile(options_.folder, document.path));
  if (crypto::Sha256(bytes) != document.facts.sha256) {
    return absl::UnavailableError("document: it changed since it was announced");
  }
  return bytes;
}

}  // namespace hie::agent
