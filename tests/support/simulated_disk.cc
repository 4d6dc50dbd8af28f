#include "tests/support/simulated_disk.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"

namespace hie::testing {
namespace {

// What a device writes whole or not at all.
constexpr uint64_t kSectorBytes = 512;

std::string NameIn(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

absl::Status NoPower() { return absl::UnavailableError("simulated disk: no power"); }

absl::Status Missing(const std::string& path) {
  return absl::NotFoundError(absl::StrCat("simulated disk: no ", path));
}

}  // namespace

class SimulatedDisk::OpenFile final : public File {
 public:
  OpenFile(SimulatedDisk& disk, std::shared_ptr<Node> node, uint64_t generation, bool writable)
      : disk_(disk), node_(std::move(node)), generation_(generation), writable_(writable) {}

  absl::Status Append(absl::string_view data) override {
    MutexLock lock(disk_.mutex_);
    return Write(node_->content.size(), data);
  }

  absl::Status PWrite(uint64_t offset, absl::string_view data) override {
    MutexLock lock(disk_.mutex_);
    return Write(offset, data);
  }

  absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t size) const override {
    MutexLock lock(disk_.mutex_);
    HIE_RETURN_IF_ERROR(Alive());
    if (offset >= node_->content.size()) return std::string();
    return node_->content.substr(offset, size);
  }

  absl::Status Sync() override {
    MutexLock lock(disk_.mutex_);
    absl::Status status = Alive();
    if (!status.ok() || !disk_.Happens(status) || disk_.lying_) return status;
    for (const Change& change : node_->unsynced) SimulatedDisk::Apply(change, node_->durable);
    node_->unsynced.clear();
    return status;
  }

  absl::Status Truncate(uint64_t size) override {
    MutexLock lock(disk_.mutex_);
    return Make({Change::Kind::kResize, size, ""});
  }

  absl::Status Allocate(uint64_t size) override {
    MutexLock lock(disk_.mutex_);
    if (size <= node_->content.size()) return Alive();
    return Make({Change::Kind::kResize, size, ""});
  }

  absl::StatusOr<uint64_t> Size() const override {
    MutexLock lock(disk_.mutex_);
    HIE_RETURN_IF_ERROR(Alive());
    return node_->content.size();
  }

 private:
  absl::Status Alive() const HIE_REQUIRES(disk_.mutex_) {
    return generation_ == disk_.generation_ ? disk_.Powered() : NoPower();
  }

  absl::Status Write(uint64_t offset, absl::string_view data) HIE_REQUIRES(disk_.mutex_) {
    return Make({Change::Kind::kWrite, offset, std::string(data)});
  }

  absl::Status Make(Change change) HIE_REQUIRES(disk_.mutex_) {
    absl::Status status = Alive();
    if (!status.ok()) return status;
    if (!writable_) return absl::FailedPreconditionError("simulated disk: opened to read");
    if (!disk_.Happens(status)) return status;
    SimulatedDisk::Apply(change, node_->content);
    node_->unsynced.push_back(std::move(change));
    return status;
  }

  SimulatedDisk& disk_;
  const std::shared_ptr<Node> node_;
  const uint64_t generation_;
  const bool writable_;
};

void SimulatedDisk::FailPowerAt(uint64_t operation) {
  MutexLock lock(mutex_);
  operations_ = 0;
  fail_at_ = operation;
}

void SimulatedDisk::Crash() {
  MutexLock lock(mutex_);
  std::set<Node*> seen;
  for (auto& [path, directory] : directories_) {
    const size_t kept = random_() % 2 == 0 ? 0 : random_() % (directory.unsynced.size() + 1);
    for (size_t i = 0; i < kept; ++i) Apply(directory.unsynced[i], directory.durable);
    directory.unsynced.clear();
    directory.names = directory.durable;
    for (const auto& [name, node] : directory.names) {
      if (seen.insert(node.get()).second) DropVolatile(*node);
    }
  }
  ++generation_;
  powered_ = true;
  fail_at_ = 0;
}

void SimulatedDisk::IgnoreSyncs() {
  MutexLock lock(mutex_);
  lying_ = true;
}

uint64_t SimulatedDisk::operations() const {
  MutexLock lock(mutex_);
  return operations_;
}

bool SimulatedDisk::powered() const {
  MutexLock lock(mutex_);
  return powered_;
}

absl::StatusOr<std::unique_ptr<File>> SimulatedDisk::Open(const std::string& path, OpenMode mode) {
  MutexLock lock(mutex_);
  HIE_RETURN_IF_ERROR(Powered());
  absl::StatusOr<std::shared_ptr<Node>> node = Find(path);
  if (node.ok() && mode == OpenMode::kCreate) {
    return absl::AlreadyExistsError(absl::StrCat("simulated disk: ", path));
  }
  if (!node.ok() && (mode == OpenMode::kRead || mode == OpenMode::kReadWrite)) {
    return node.status();
  }
  if (!node.ok()) {
    absl::Status status;
    node = std::make_shared<Node>();
    if (Happens(status)) ChangeNames(ParentDir(path), {{NameIn(path), *node}});
    HIE_RETURN_IF_ERROR(status);
  }
  return std::make_unique<OpenFile>(*this, *node, generation_, mode != OpenMode::kRead);
}

absl::Status SimulatedDisk::Rename(const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  HIE_RETURN_IF_ERROR(Powered());
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, Find(from));
  if (ParentDir(from) != ParentDir(to)) {
    return absl::UnimplementedError("simulated disk: renames within a directory");
  }
  absl::Status status;
  if (Happens(status)) {
    ChangeNames(ParentDir(from), {{NameIn(from), nullptr}, {NameIn(to), node}});
  }
  return status;
}

absl::Status SimulatedDisk::Remove(const std::string& path) {
  MutexLock lock(mutex_);
  HIE_RETURN_IF_ERROR(Powered());
  HIE_RETURN_IF_ERROR(Find(path).status());
  absl::Status status;
  if (Happens(status)) ChangeNames(ParentDir(path), {{NameIn(path), nullptr}});
  return status;
}

// Directories themselves are durable at once: no store of ours depends on the order.
absl::Status SimulatedDisk::CreateDir(const std::string& path) {
  MutexLock lock(mutex_);
  HIE_RETURN_IF_ERROR(Powered());
  absl::Status status;
  if (Happens(status)) directories_.try_emplace(path);
  return status;
}

absl::StatusOr<std::vector<std::string>> SimulatedDisk::List(const std::string& directory) const {
  MutexLock lock(mutex_);
  HIE_RETURN_IF_ERROR(Powered());
  const auto found = directories_.find(directory);
  if (found == directories_.end()) return Missing(directory);
  std::vector<std::string> names;
  for (const auto& [name, node] : found->second.names) names.push_back(name);
  return names;
}

absl::StatusOr<bool> SimulatedDisk::Exists(const std::string& path) const {
  MutexLock lock(mutex_);
  HIE_RETURN_IF_ERROR(Powered());
  return directories_.count(path) != 0 || Find(path).ok();
}

absl::Status SimulatedDisk::SyncDir(const std::string& path) {
  MutexLock lock(mutex_);
  HIE_RETURN_IF_ERROR(Powered());
  const auto found = directories_.find(path);
  if (found == directories_.end()) return Missing(path);
  absl::Status status;
  if (!Happens(status) || lying_) return status;
  found->second.durable = found->second.names;
  found->second.unsynced.clear();
  return status;
}

absl::StatusOr<uint64_t> SimulatedDisk::SizeOf(const std::string& path) const {
  MutexLock lock(mutex_);
  HIE_RETURN_IF_ERROR(Powered());
  HIE_ASSIGN_OR_RETURN(const std::shared_ptr<Node> node, Find(path));
  return node->content.size();
}

bool SimulatedDisk::IsDirectory(const std::string& path) const {
  MutexLock lock(mutex_);
  return directories_.count(path) != 0;
}

void SimulatedDisk::Apply(const Change& change, std::string& content) {
  if (change.kind == Change::Kind::kResize) {
    content.resize(change.offset, '\0');
    return;
  }
  const size_t end = change.offset + change.bytes.size();
  if (content.size() < end) content.resize(end, '\0');
  std::copy(change.bytes.begin(), change.bytes.end(),
            content.begin() + static_cast<ptrdiff_t>(change.offset));
}

void SimulatedDisk::Apply(const std::vector<NameChange>& change, Names& names) {
  for (const NameChange& one : change) {
    if (one.node == nullptr) {
      names.erase(one.name);
    } else {
      names[one.name] = one.node;
    }
  }
}

bool SimulatedDisk::Happens(absl::Status& status) {
  ++operations_;
  if (operations_ != fail_at_) return true;
  powered_ = false;
  status = NoPower();
  return random_() % 2 == 0;
}

absl::Status SimulatedDisk::Powered() const { return powered_ ? absl::OkStatus() : NoPower(); }

absl::StatusOr<std::shared_ptr<SimulatedDisk::Node>> SimulatedDisk::Find(
    const std::string& path) const {
  const auto directory = directories_.find(ParentDir(path));
  if (directory == directories_.end()) return Missing(path);
  const auto node = directory->second.names.find(NameIn(path));
  if (node == directory->second.names.end()) return Missing(path);
  return node->second;
}

void SimulatedDisk::ChangeNames(const std::string& directory, std::vector<NameChange> change) {
  Directory& changed = directories_[directory];
  Apply(change, changed.names);
  changed.unsynced.push_back(std::move(change));
}

void SimulatedDisk::DropVolatile(Node& node) {
  const size_t count = node.unsynced.size();
  const size_t kept = random_() % 2 == 0 ? 0 : random_() % (count + 1);
  for (size_t i = 0; i < kept; ++i) Apply(node.unsynced[i], node.durable);
  if (kept < count) {
    if (const std::optional<Change> torn = Torn(node.unsynced[kept], node.durable)) {
      Apply(*torn, node.durable);
    }
  }
  node.unsynced.clear();
  node.content = node.durable;
}

std::optional<SimulatedDisk::Change> SimulatedDisk::Torn(const Change& change,
                                                         const std::string& content) {
  if (change.kind == Change::Kind::kResize || change.bytes.empty()) return std::nullopt;
  uint64_t end = change.offset + random_() % change.bytes.size();
  // Bytes that were there before change by whole sectors.
  if (end < content.size()) end = end / kSectorBytes * kSectorBytes;
  if (end <= change.offset) return std::nullopt;
  return Change{change.kind, change.offset, change.bytes.substr(0, end - change.offset)};
}

}  // namespace hie::testing
