#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/base/mutex.h"
#include "services/common/storage/file_system.h"

namespace hie::testing {

// A disk in memory that can lose power.
//
// What a file was given since its last Sync is volatile, and so is every change of a directory
// since its last SyncDir.  When the power fails, a random prefix of each file's volatile writes
// survives, the last of them torn (an overwrite at a sector, an append at a byte), and a random
// prefix of each directory's volatile changes.  Thread-safe.
class SimulatedDisk final : public FileSystem {
 public:
  explicit SimulatedDisk(uint64_t seed) : random_(seed) {}

  // Fails the power at the `operation`th change from now (1: the next): a coin decides whether
  // that one still happens; every call after it is UNAVAILABLE.  0: never.
  void FailPowerAt(uint64_t operation);

  // Fails the power now, drops what was volatile and switches it on again.  Files that were open
  // stay dead.
  void Crash();

  // From now on Sync and SyncDir report success and do nothing: a disk that lies.
  void IgnoreSyncs();

  // Changes since FailPowerAt.
  uint64_t operations() const;
  bool powered() const;

  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status CreateDir(const std::string& path) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) const override;
  absl::StatusOr<bool> Exists(const std::string& path) const override;
  absl::Status SyncDir(const std::string& directory) override;

  absl::StatusOr<uint64_t> SizeOf(const std::string& path) const;
  bool IsDirectory(const std::string& path) const;

 private:
  class OpenFile;

  struct Change {
    enum class Kind { kWrite, kResize };
    Kind kind = Kind::kWrite;
    uint64_t offset = 0;  // The new size of a kResize.
    std::string bytes;
  };
  struct Node {
    std::string content;           // What readers see.
    std::string durable;           // What a loss of power leaves for certain.
    std::vector<Change> unsynced;  // From `durable` to `content`.
  };
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  // A change of a directory: the name now means the node (null: nothing).
  struct NameChange {
    std::string name;
    std::shared_ptr<Node> node;
  };
  struct Directory {
    Names names;
    Names durable;
    std::vector<std::vector<NameChange>> unsynced;  // Each atomic.
  };

  static void Apply(const Change& change, std::string& content);
  static void Apply(const std::vector<NameChange>& change, Names& names);

  // Counts a change; tells whether it happens, and sets `status` to what is reported.
  bool Happens(absl::Status& status) HIE_REQUIRES(mutex_);
  absl::Status Powered() const HIE_REQUIRES(mutex_);
  absl::StatusOr<std::shared_ptr<Node>> Find(const std::string& path) const HIE_REQUIRES(mutex_);
  void ChangeNames(const std::string& directory, std::vector<NameChange> change)
      HIE_REQUIRES(mutex_);
  void DropVolatile(Node& node) HIE_REQUIRES(mutex_);
  // Returns how much of a torn change survives.
  std::optional<Change> Torn(const Change& change, const std::string& content) HIE_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::mt19937_64 random_ HIE_GUARDED_BY(mutex_);
  std::map<std::string, Directory> directories_ HIE_GUARDED_BY(mutex_);
  uint64_t operations_ HIE_GUARDED_BY(mutex_) = 0;
  uint64_t fail_at_ HIE_GUARDED_BY(mutex_) = 0;
  uint64_t generation_ HIE_GUARDED_BY(mutex_) = 0;  // Rises with each crash.
  bool powered_ HIE_GUARDED_BY(mutex_) = true;
  bool lying_ HIE_GUARDED_BY(mutex_) = false;
};

}  // namespace hie::testing
