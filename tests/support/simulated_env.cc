#include "tests/support/simulated_env.h"

#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/status_macros.h"

namespace hie::testing {
namespace {

using ::rocksdb::FileOptions;
using ::rocksdb::IODebugContext;
using ::rocksdb::IOOptions;
using ::rocksdb::IOStatus;
using ::rocksdb::Slice;

IOStatus ToIo(const absl::Status& status) {
  if (status.ok()) return IOStatus::OK();
  const std::string text(status.message());
  return absl::IsNotFound(status) ? IOStatus::PathNotFound(text) : IOStatus::IOError(text);
}

// RocksDB doubles slashes here and there.
std::string Clean(const std::string& path) {
  std::string clean;
  for (const char c : path) {
    if (c != '/' || clean.empty() || clean.back() != '/') clean += c;
  }
  if (clean.size() > 1 && clean.back() == '/') clean.pop_back();
  return clean;
}

IOStatus ReadInto(const File& file, uint64_t offset, size_t n, Slice* result, char* scratch) {
  const absl::StatusOr<std::string> bytes = file.ReadAt(offset, n);
  if (!bytes.ok()) return ToIo(bytes.status());
  std::memcpy(scratch, bytes->data(), bytes->size());
  *result = Slice(scratch, bytes->size());
  return IOStatus::OK();
}

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  explicit SequentialFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
  IOStatus Read(size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    const IOStatus status = ReadInto(*file_, offset_, n, result, scratch);
    if (status.ok()) offset_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t n) override {
    offset_ += n;
    return IOStatus::OK();
  }

 private:
  const std::unique_ptr<File> file_;
  uint64_t offset_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  explicit RandomAccessFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return ReadInto(*file_, offset, n, result, scratch);
  }

 private:
  const std::unique_ptr<File> file_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  explicit WritableFile(std::unique_ptr<File> file) : file_(std::move(file)) {}
  using rocksdb::FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    return ToIo(file_->Append({data.data(), data.size()}));
  }
  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    return ToIo(file_->Truncate(size));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  // To the kernel: it survives the process, not the power.
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return ToIo(file_->Sync()); }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    return file_->Size().value_or(0);
  }

 private:
  const std::unique_ptr<File> file_;
};

class DirectoryFile final : public rocksdb::FSDirectory {
 public:
  DirectoryFile(SimulatedDisk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override { return ToIo(disk_.SyncDir(path_)); }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  SimulatedDisk& disk_;
  const std::string path_;
};

// One process uses the disk: nothing to lock.
class Lock final : public rocksdb::FileLock {};

class SilentLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  size_t GetLogFileSize() const override { return 0; }
};

class SimulatedRocksFiles final : public rocksdb::FileSystem {
 public:
  explicit SimulatedRocksFiles(SimulatedDisk& disk) : disk_(disk) {}

  const char* Name() const override { return "SimulatedDisk"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext*) override {
    return OpenAs<SequentialFile>(path, OpenMode::kRead, result);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext*) override {
    return OpenAs<RandomAccessFile>(path, OpenMode::kRead, result);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext*) override {
    // A new file under the name: what was there is not overwritten in place.
    const absl::Status removed = disk_.Remove(Clean(path));
    if (!removed.ok() && !absl::IsNotFound(removed)) return ToIo(removed);
    return OpenAs<WritableFile>(path, OpenMode::kCreate, result);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext*) override {
    return OpenAs<WritableFile>(path, OpenMode::kOpenOrCreate, result);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
    *result = std::make_unique<DirectoryFile>(disk_, Clean(path));
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    const absl::StatusOr<bool> exists = disk_.Exists(Clean(path));
    if (!exists.ok()) return ToIo(exists.status());
    return *exists ? IOStatus::OK() : IOStatus::NotFound();
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* names,
                       IODebugContext*) override {
    absl::StatusOr<std::vector<std::string>> listed = disk_.List(Clean(path));
    if (!listed.ok()) return ToIo(listed.status());
    *names = *std::move(listed);
    return IOStatus::OK();
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return ToIo(disk_.Remove(Clean(path)));
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    return ToIo(disk_.CreateDir(Clean(path)));
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    return ToIo(disk_.CreateDir(Clean(path)));
  }
  IOStatus DeleteDir(const std::string&, const IOOptions&, IODebugContext*) override {
    return IOStatus::NotSupported("DeleteDir");
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&, uint64_t* size,
                       IODebugContext*) override {
    const absl::StatusOr<uint64_t> found = disk_.SizeOf(Clean(path));
    if (!found.ok()) return ToIo(found.status());
    *size = *found;
    return IOStatus::OK();
  }
  IOStatus GetFileModificationTime(const std::string&, const IOOptions&, uint64_t* time,
                                   IODebugContext*) override {
    *time = 0;
    return IOStatus::OK();
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    return ToIo(disk_.Rename(Clean(from), Clean(to)));
  }
  IOStatus LockFile(const std::string&, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override {
    *lock = new Lock;
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    delete lock;
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
    *path = "/test";
    return IOStatus::OK();
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext*) override {
    *result = std::make_shared<SilentLogger>();
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute,
                           IODebugContext*) override {
    *absolute = path;
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_directory,
                       IODebugContext*) override {
    *is_directory = disk_.IsDirectory(Clean(path));
    return IOStatus::OK();
  }

 private:
  template <typename Wrapper, typename Base>
  IOStatus OpenAs(const std::string& path, OpenMode mode, std::unique_ptr<Base>* result) {
    absl::StatusOr<std::unique_ptr<File>> file = disk_.Open(Clean(path), mode);
    if (!file.ok()) return ToIo(file.status());
    *result = std::make_unique<Wrapper>(*std::move(file));
    return IOStatus::OK();
  }

  SimulatedDisk& disk_;
};

// RocksDB waits a second before it tries a background write that failed again; a disk without power
// is no better then.
class ImpatientClock final : public rocksdb::SystemClockWrapper {
 public:
  explicit ImpatientClock(const std::shared_ptr<rocksdb::SystemClock>& clock)
      : SystemClockWrapper(clock) {}
  const char* Name() const override { return "impatient"; }
  void SleepForMicroseconds(int micros) override {
    constexpr int kMicrosMax = 1000;
    SystemClockWrapper::SleepForMicroseconds(std::min(micros, kMicrosMax));
  }
};

class SimulatedEnv final : public rocksdb::EnvWrapper {
 public:
  explicit SimulatedEnv(std::unique_ptr<rocksdb::Env> files) : EnvWrapper(std::move(files)) {
    system_clock_ = std::make_shared<ImpatientClock>(system_clock_);
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> MakeSimulatedEnv(SimulatedDisk& disk) {
  return std::make_unique<SimulatedEnv>(
      rocksdb::NewCompositeEnv(std::make_shared<SimulatedRocksFiles>(disk)));
}

}  // namespace hie::testing
