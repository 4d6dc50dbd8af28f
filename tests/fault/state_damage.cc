#include "tests/fault/state_damage.h"

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "absl/strings/str_cat.h"

namespace hie::testing {
namespace {

namespace fs = std::filesystem;
using FileDamage = std::function<void(const fs::path&)>;

std::string ReadAll(const fs::path& path) {
  std::string content(fs::file_size(path), '\0');
  std::ifstream in(path, std::ios::binary);
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  return content;
}

// Bytes before the zeros that a preallocated file ends with.
uint64_t UsedBytes(const std::string& content) {
  const size_t last = content.find_last_not_of('\0');
  return last == std::string::npos ? 0 : last + 1;
}

uint64_t UsedBytes(const fs::path& path) { return UsedBytes(ReadAll(path)); }

void FlipBitAt(const fs::path& path, uint64_t offset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const auto byte = static_cast<char>(file.get());
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(byte ^ 0x10));
}

void FlipMiddleBit(const fs::path& path) { FlipBitAt(path, UsedBytes(path) / 2); }
void FlipLastBit(const fs::path& path) { FlipBitAt(path, UsedBytes(path) - 1); }
void TruncateToHalf(const fs::path& path) { fs::resize_file(path, UsedBytes(path) / 2); }
// More than its last write, which may have been a row that was removed after delivery: to lose that
// one costs a repetition, and is allowed.
void TruncateLastThird(const fs::path& path) { fs::resize_file(path, UsedBytes(path) * 2 / 3); }
void TruncateLastByte(const fs::path& path) { fs::resize_file(path, UsedBytes(path) - 1); }
void Delete(const fs::path& path) { fs::remove_all(path); }

// The largest file of a folder with this ending: the one that holds the changes.
fs::path LargestFile(const std::string& folder, const std::string& ending) {
  fs::path largest;
  uint64_t size = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ending) continue;
    const uint64_t used = UsedBytes(entry.path());
    if (used > size) {
      largest = entry.path();
      size = used;
    }
  }
  if (largest.empty()) {
    std::cerr << folder << ": no file *" << ending << " holds anything\n";
    std::abort();
  }
  return largest;
}

struct NamedDamage {
  const char* name;
  FileDamage inflict;
};

const NamedDamage kToLog[] = {{"truncated to half", TruncateToHalf},
                              {"last third cut off", TruncateLastThird},
                              {"deleted", Delete},
                              {"bit flipped in the middle", FlipMiddleBit},
                              {"bit flipped at the end", FlipLastBit}};
const NamedDamage kToMark[] = {{"deleted", Delete}, {"bit flipped", FlipMiddleBit}};

void AddLogDamages(const std::string& role, const std::string& folder, const std::string& ending,
                   std::vector<Damage>& damages) {
  for (const NamedDamage& damage : kToLog) {
    damages.push_back({absl::StrCat(folder, "/*", ending, " ", damage.name), role,
                       [folder, ending, inflict = damage.inflict](const std::string& state) {
                         inflict(LargestFile(absl::StrCat(state, "/", folder), ending));
                       }});
  }
}

void AddFileDamages(const std::string& role, const std::string& file,
                    std::vector<Damage>& damages) {
  for (const NamedDamage& damage : kToMark) {
    damages.push_back({absl::StrCat(file, " ", damage.name), role,
                       [file, inflict = damage.inflict](const std::string& state) {
                         inflict(absl::StrCat(state, "/", file));
                       }});
  }
}

// A segment holds nothing but what was acknowledged: not one byte may be missing.
void AddSegmentDamages(std::vector<Damage>& damages) {
  AddLogDamages("audit", "audit/segments", ".seg", damages);
  damages.push_back(
      {"audit/segments/*.seg last byte cut off", "audit", [](const std::string& state) {
         TruncateLastByte(LargestFile(state + "/audit/segments", ".seg"));
       }});
}

void AddDeletion(const std::string& role, const std::string& folder, std::vector<Damage>& damages) {
  damages.push_back({absl::StrCat(folder, " deleted"), role, [folder](const std::string& state) {
                       Delete(absl::StrCat(state, "/", folder));
                     }});
}

}  // namespace

void CopyState(const std::string& from, const std::string& to) {
  fs::create_directories(to);
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = fs::path(to) / fs::relative(entry.path(), from);
    if (entry.is_directory()) {
      fs::create_directories(target);
      continue;
    }
    const std::string content = ReadAll(entry.path());
    std::ofstream(target, std::ios::binary)
        .write(content.data(), static_cast<std::streamsize>(UsedBytes(content)));
    fs::resize_file(target, content.size());
    fs::permissions(target, entry.status().permissions());
  }
}

std::vector<Damage> AllDamages() {
  std::vector<Damage> damages;
  for (const char* role : {"directory", "consent", "registry", "mpi"}) {
    AddLogDamages(role, absl::StrCat(role, "/db"), ".log", damages);
    AddFileDamages(role, absl::StrCat(role, "/mark"), damages);
    AddDeletion(role, absl::StrCat(role, "/db"), damages);
  }
  AddSegmentDamages(damages);
  AddFileDamages("audit", "audit/mark", damages);
  AddDeletion("audit", "audit/segments", damages);
  AddLogDamages("audit", "audit-keys/db", ".log", damages);
  AddFileDamages("audit", "audit-keys/mark", damages);
  AddDeletion("audit", "audit-keys/db", damages);
  AddFileDamages("audit", "audit.kek", damages);
  return damages;
}

}  // namespace hie::testing
