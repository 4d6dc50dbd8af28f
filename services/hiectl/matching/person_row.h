#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/strings/string_view.h"
#include "mpi/normalize/features.h"
#include "services/hiectl/matching/columns.h"
#include "services/hiectl/matching/issue.h"

namespace hie::ctl::matching {

// Reads what matching looks at out of the cells of rows.
//
// Borrows `columns`, which must outlive it.  Total on any bytes.  Not thread-safe: one per thread.
class PersonRow {
 public:
  explicit PersonRow(const Columns& columns);

  // Maps and normalises one row.  Appends what is wrong with it to `issues`.
  mpi::Features Read(const std::vector<absl::string_view>& cells, uint64_t line,
                     std::vector<Issue>& issues);

  // Maps one row to what a member would say of the person, as it was received: extra fields have no
  // place in it.  Appends what is wrong with it to `issues`.
  Demographics ReadPerson(const std::vector<absl::string_view>& cells, uint64_t line,
                          std::vector<Issue>& issues);

 private:
  // All but identifiers and extra fields.
  Demographics ReadCells(const std::vector<absl::string_view>& cells, uint64_t line,
                         std::vector<Issue>& issues);
  void Clean(const std::vector<absl::string_view>& cells);
  absl::string_view CleanCell(absl::string_view cell, size_t column);
  void Report(IssueKind kind, int32_t column);

  absl::string_view First(const ColumnList& columns) const;
  std::string Joined(const ColumnList& columns) const;
  std::vector<std::string> Each(const ColumnList& columns) const;
  void Split(absl::string_view cell, std::vector<std::string>& values) const;

  void ReadNames(Demographics& person) const;
  void AddFullName(absl::string_view text, Demographics& person) const;
  void ReadBirthDate(Demographics& person);
  void ReadSex(Demographics& person);
  void ReadBirthOrder(Demographics& person);
  void ReadContacts(Demographics& person) const;
  void ReadAddress(const AddressColumns& from, Demographics& person) const;
  std::string SystemOf(const IdentifierColumns& identifier) const;
  void AddIdentifiers(mpi::Features& features) const;
  void AddExtras(mpi::Features& features) const;

  const Columns& columns_;
  std::vector<size_t> used_;  // Columns that say something of the person.
  std::unordered_map<std::string, AdministrativeSex> sexes_;
  std::unordered_map<std::string, bool> multiple_;
  std::vector<absl::string_view> clean_;  // By column.
  std::deque<std::string> converted_;     // Cells of another encoding.
  uint64_t line_ = 0;
  std::vector<Issue>* issues_ = nullptr;
};

}  // namespace hie::ctl::matching
