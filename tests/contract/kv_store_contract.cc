#include "tests/contract/kv_store_contract.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::contract {
namespace {

constexpr int kKeyBytesMax = 4;
constexpr int kScans = 8;

// Few letters, the awkward bytes among them: keys meet, prefixes overlap.
std::string RandomKey(std::mt19937_64& random, int bytes_max = kKeyBytesMax) {
  static constexpr absl::string_view kLetters("\x00\x01\x61\x62\xfe\xff", 6);
  std::string key;
  for (size_t bytes = random() % (bytes_max + 1); bytes > 0; --bytes) {
    key += kLetters[random() % kLetters.size()];
  }
  return key;
}

std::string RandomValue(std::mt19937_64& random) {
  const size_t size = random() % 16 == 0 ? 5000 : random() % 40;
  return std::string(size, static_cast<char>(random()));
}

std::vector<KvEntry> ExpectedScan(const std::map<std::string, std::string>& rows,
                                  const std::string& prefix, const std::string& from) {
  std::vector<KvEntry> expected;
  for (const auto& [key, value] : rows) {
    if (absl::StartsWith(key, prefix) && key >= from) expected.push_back({key, value});
  }
  return expected;
}

void ExpectScansEqual(const KvReader& reader, const std::string& table,
                      const std::map<std::string, std::string>& rows, std::mt19937_64& random) {
  const std::string prefix = RandomKey(random, 2);
  const std::string from = random() % 2 == 0 ? std::string() : RandomKey(random);
  std::vector<KvEntry> expected = ExpectedScan(rows, prefix, from);
  // 0: to the end.
  const size_t limit = random() % 3 == 0 ? random() % 5 : 0;
  if (limit != 0 && expected.size() > limit) expected.resize(limit);
  std::vector<KvEntry> found;
  const absl::Status scanned =
      reader.Scan(table, prefix, from, [&](absl::string_view key, absl::string_view value) {
        found.push_back({std::string(key), std::string(value)});
        return limit == 0 || found.size() < limit;
      });
  ASSERT_TRUE(scanned.ok()) << scanned.ToString();
  EXPECT_TRUE(found == expected) << "scan of " << table << ": " << found.size() << " rows, want "
                                 << expected.size();
}

}  // namespace

std::vector<std::string> ContractTables() { return {"alpha", "beta", "gamma"}; }

WriteBatch RandomBatch(std::mt19937_64& random, Model& model) {
  WriteBatch batch;
  const std::vector<std::string> tables = ContractTables();
  for (size_t changes = random() % 12; changes > 0; --changes) {
    const std::string& table = tables[random() % tables.size()];
    const std::string key = RandomKey(random);
    if (random() % 3 == 0) {
      batch.Delete(table, key);
      model[table].erase(key);
    } else {
      const std::string value = RandomValue(random);
      batch.Put(table, key, value);
      model[table][key] = value;
    }
  }
  return batch;
}

void ExpectEqualsModel(const KvReader& reader, const Model& model, std::mt19937_64& random) {
  for (const std::string& table : ContractTables()) {
    const auto found = model.find(table);
    const std::map<std::string, std::string> rows =
        found == model.end() ? std::map<std::string, std::string>() : found->second;
    const auto all = reader.ScanPrefix(table, "");
    ASSERT_TRUE(all.ok()) << all.status().ToString();
    EXPECT_TRUE(*all == ExpectedScan(rows, "", "")) << "full scan of " << table;

    std::vector<std::string> keys;
    for (int i = 0; i < 10; ++i) keys.push_back(RandomKey(random));
    const auto values = reader.MultiGet(table, keys);
    ASSERT_TRUE(values.ok()) << values.status().ToString();
    ASSERT_EQ(values->size(), keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      const auto row = rows.find(keys[i]);
      const auto expected =
          row == rows.end() ? std::nullopt : std::optional<std::string>(row->second);
      EXPECT_TRUE((*values)[i] == expected) << "MultiGet in " << table;
      const auto value = reader.Get(table, keys[i]);
      ASSERT_TRUE(value.ok()) << value.status().ToString();
      EXPECT_TRUE(*value == expected) << "Get in " << table;
    }
    for (int i = 0; i < kScans; ++i) ExpectScansEqual(reader, table, rows, random);
  }
}

}  // namespace hie::contract
