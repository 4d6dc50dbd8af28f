// Real files, damaged after the role acknowledged: refused when it opens, never served with less.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "services/common/base/clock.h"
#include "services/common/base/status_macros.h"
#include "services/common/journal/db_hash.h"
#include "services/common/journal/embedded_journal.h"
#include "services/common/storage/rocksdb_kv_store.h"
#include "tests/support/ledger_machine.h"
#include "tests/support/status_matchers.h"

namespace hie::fault {
namespace {

namespace fs = std::filesystem;
using ::hie::testing::IsOk;
using ::hie::testing::LedgerMachine;

constexpr int kCommands = 60;
constexpr int kBitFlips = 300;
constexpr int kCuts = 100;
const std::vector<std::string> kCompared = {"accounts", "transfers", std::string(kJournalTable)};

// A role as its main opens it.
struct Role {
  std::unique_ptr<RocksDbKvStore> store;
  std::unique_ptr<EmbeddedJournal> journal;
};

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

void WriteAll(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

class WalDamageTest : public ::testing::Test {
 protected:
  // Makes a pristine role directory with acknowledged commands in the log only.
  WalDamageTest() {
    fs::remove_all(root_);
    Role role = hie::testing::ValueOrDie(Open(pristine_));
    for (int i = 0; i < kCommands; ++i) {
      const auto applied =
          ProposeAndWait(*role.journal, LedgerMachine::Transfer(absl::StrCat("t", i), "", "a", 1));
      EXPECT_THAT(applied, IsOk());
    }
    hash_ = *DbHash(*role.journal->Snapshot(), kCompared);
  }
  ~WalDamageTest() override { fs::remove_all(root_); }

  absl::StatusOr<Role> Open(const fs::path& directory) {
    fs::create_directories(directory);
    Role role;
    HIE_ASSIGN_OR_RETURN(role.store, RocksDbKvStore::Open({.path = (directory / "db").string(),
                                                           .tables = LedgerMachine::Tables()}));
    EmbeddedJournal::Options options;
    options.store = role.store.get();
    options.machine = &machine_;
    options.clock = &clock_;
    options.mark_path = (directory / "role.mark").string();
    HIE_ASSIGN_OR_RETURN(role.journal, EmbeddedJournal::Open(options));
    return role;
  }

  // Returns the log that holds the commands: the largest.
  static fs::path Log(const fs::path& directory) {
    fs::path largest;
    for (const auto& entry : fs::directory_iterator(directory / "db")) {
      if (entry.path().extension() != ".log") continue;
      if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
    }
    return largest;
  }

  enum class Verdict { kRefused, kServedWhole, kServedLess };

  // Damages a copy of the role and opens it.
  Verdict OpenDamaged(const std::function<void(const fs::path& directory)>& damage) {
    const fs::path copy = root_ / "copy";
    fs::remove_all(copy);
    fs::copy(pristine_, copy, fs::copy_options::recursive);
    damage(copy);
    const absl::StatusOr<Role> role = Open(copy);
    if (!role.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(role.status())) << role.status();
      return Verdict::kRefused;
    }
    const auto hash = DbHash(*role->journal->Snapshot(), kCompared);
    return hash.ok() && *hash == hash_ ? Verdict::kServedWhole : Verdict::kServedLess;
  }

  const fs::path root_ = fs::path(::testing::TempDir()) / "wal_damage_test";
  const fs::path pristine_ = root_ / "pristine";
  LedgerMachine machine_;
  SimulatedClock clock_{absl::FromUnixMicros(1'700'000'000'000'000)};
  std::string hash_;
};

TEST_F(WalDamageTest, UndamagedIsServedWhole) {
  EXPECT_EQ(OpenDamaged([](const fs::path&) {}), Verdict::kServedWhole);
}

TEST_F(WalDamageTest, DeletedLogIsRefused) {
  EXPECT_EQ(OpenDamaged([](const fs::path& copy) { fs::remove(Log(copy)); }), Verdict::kRefused);
}

TEST_F(WalDamageTest, EveryCutIsRefused) {
  const uint64_t size = fs::file_size(Log(pristine_));
  int refused = 0;
  for (int i = 0; i < kCuts; ++i) {
    const uint64_t kept = size * static_cast<uint64_t>(i) / kCuts;
    const Verdict verdict =
        OpenDamaged([&](const fs::path& copy) { fs::resize_file(Log(copy), kept); });
    EXPECT_EQ(verdict, Verdict::kRefused) << "cut to " << kept << " of " << size;
    ++refused;
  }
  std::cout << "logs cut: " << refused << "\n";
}

TEST_F(WalDamageTest, EveryFlippedBitIsRefused) {
  constexpr uint64_t kSeed = 42;
  std::mt19937_64 random(kSeed);
  int refused = 0;
  for (int i = 0; i < kBitFlips; ++i) {
    size_t offset = 0;
    const Verdict verdict = OpenDamaged([&](const fs::path& copy) {
      std::string bytes = ReadAll(Log(copy));
      offset = random() % bytes.size();
      bytes[offset] = static_cast<char>(bytes[offset] ^ (1 << random() % 8));
      WriteAll(Log(copy), bytes);
    });
    EXPECT_EQ(verdict, Verdict::kRefused) << "seed " << kSeed << ", flip at " << offset;
    refused += verdict == Verdict::kRefused ? 1 : 0;
  }
  std::cout << "bits flipped and refused: " << refused << "\n";
}

TEST_F(WalDamageTest, AnyOtherMissingFileIsRefusedOrHarmless) {
  int tried = 0;
  int refused = 0;
  for (const auto& entry : fs::recursive_directory_iterator(pristine_)) {
    if (!entry.is_regular_file()) continue;
    const fs::path name = fs::relative(entry.path(), pristine_);
    const Verdict verdict = OpenDamaged([&](const fs::path& copy) { fs::remove(copy / name); });
    EXPECT_NE(verdict, Verdict::kServedLess) << name;
    ++tried;
    refused += verdict == Verdict::kRefused ? 1 : 0;
  }
  std::cout << "files deleted: " << tried << ", refused: " << refused << "\n";
  EXPECT_GE(refused, 3) << "the log, the manifest, the mark";
}

TEST_F(WalDamageTest, AnOlderCopyOfTheStoreIsRefused) {
  const fs::path newer = root_ / "newer";
  fs::copy(pristine_, newer, fs::copy_options::recursive);
  {
    Role role = hie::testing::ValueOrDie(Open(newer));
    EXPECT_THAT(ProposeAndWait(*role.journal, LedgerMachine::Transfer("new", "", "a", 1)), IsOk());
  }
  EXPECT_EQ(OpenDamaged([&](const fs::path& copy) {
              fs::copy_file(newer / "role.mark", copy / "role.mark",
                            fs::copy_options::overwrite_existing);
            }),
            Verdict::kRefused);
}

}  // namespace
}  // namespace hie::fault
