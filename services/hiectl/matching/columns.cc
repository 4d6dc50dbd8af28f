#include "services/hiectl/matching/columns.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/base/status_macros.h"

namespace hie::ctl::matching {
namespace {

std::string WithAffix(const std::string& name, const std::string& affix) {
  return absl::StartsWith(affix, "_") ? name + affix : affix + name;
}

// Looks names up in one header.
class Lookup {
 public:
  Lookup(const ColumnFile& file, const std::vector<std::string>& header, const std::string& affix)
      : file_(file), header_(header), affix_(affix) {}

  absl::StatusOr<size_t> One(const std::string& name, const NamedColumns& from,
                             absl::string_view key, const std::string& affix) const {
    const std::string wanted = WithAffix(name, affix);
    const auto count = std::count(header_.begin(), header_.end(), wanted);
    if (count == 1) {
      return static_cast<size_t>(std::find(header_.begin(), header_.end(), wanted) -
                                 header_.begin());
    }
    return absl::InvalidArgumentError(
        absl::StrCat(file_.source, from.line == 0 ? "" : absl::StrCat(":", from.line), ": ", key,
                     ": ", count == 0 ? "no column \"" : "several columns \"", wanted,
                     "\"; the file has: ", absl::StrJoin(header_, ", ")));
  }

  absl::Status All(const NamedColumns& from, absl::string_view key, ColumnList& columns) const {
    for (const std::string& name : from.columns) {
      HIE_ASSIGN_OR_RETURN(const size_t column, One(name, from, key, affix_));
      columns.push_back(column);
    }
    return absl::OkStatus();
  }

  absl::Status Field(FieldKey key, ColumnList& columns) const {
    return All(file_.field(key), FieldKeyName(key), columns);
  }

  absl::Status Address(const std::array<NamedColumns, kFieldKeyCount>& fields,
                       AddressColumns& address) const {
    const std::pair<FieldKey, ColumnList*> parts[] = {
        {FieldKey::kStreet, &address.street},   {FieldKey::kHouseNumber, &address.house_number},
        {FieldKey::kStreet2, &address.street2}, {FieldKey::kCity, &address.city},
        {FieldKey::kState, &address.state},     {FieldKey::kPostalCode, &address.postal_code},
        {FieldKey::kCountry, &address.country}, {FieldKey::kAddress, &address.whole}};
    for (const auto& [key, columns] : parts) {
      HIE_RETURN_IF_ERROR(All(fields[static_cast<size_t>(key)], FieldKeyName(key), *columns));
    }
    return absl::OkStatus();
  }

 private:
  const ColumnFile& file_;
  const std::vector<std::string>& header_;
  const std::string& affix_;
};

absl::Status FindFields(const Lookup& lookup, Columns& columns) {
  const std::pair<FieldKey, ColumnList*> fields[] = {
      {FieldKey::kFamily, &columns.family},
      {FieldKey::kGiven, &columns.given},
      {FieldKey::kMiddle, &columns.middle},
      {FieldKey::kSuffix, &columns.suffix},
      {FieldKey::kPreviousFamily, &columns.previous_family},
      {FieldKey::kAlias, &columns.alias},
      {FieldKey::kFullName, &columns.full_name},
      {FieldKey::kBirthDate, &columns.birth_date},
      {FieldKey::kBirthYear, &columns.birth_year},
      {FieldKey::kBirthMonth, &columns.birth_month},
      {FieldKey::kBirthDay, &columns.birth_day},
      {FieldKey::kSex, &columns.sex},
      {FieldKey::kMultipleBirth, &columns.multiple_birth},
      {FieldKey::kBirthOrder, &columns.birth_order},
      {FieldKey::kSsn, &columns.ssn},
      {FieldKey::kPhone, &columns.phone},
      {FieldKey::kEmail, &columns.email},
      {FieldKey::kMotherMaiden, &columns.mother_maiden}};
  for (const auto& [key, list] : fields) HIE_RETURN_IF_ERROR(lookup.Field(key, *list));
  return absl::OkStatus();
}

bool TellsPeopleApart(const Columns& columns) {
  return !columns.family.empty() || !columns.given.empty() || !columns.full_name.empty() ||
         !columns.ssn.empty() || !columns.identifiers.empty();
}

}  // namespace

absl::StatusOr<Columns> FindColumns(const ColumnFile& file, const std::vector<std::string>& header,
                                    const std::string& affix) {
  const Lookup lookup(file, header, affix);
  Columns columns;
  columns.format = file.format;
  if (const NamedColumns& id = file.field(FieldKey::kId); !id.columns.empty()) {
    HIE_ASSIGN_OR_RETURN(columns.id, lookup.One(id.columns[0], id, "id", ""));
  }
  HIE_RETURN_IF_ERROR(FindFields(lookup, columns));
  HIE_RETURN_IF_ERROR(lookup.Address(file.fields, columns.address));
  HIE_RETURN_IF_ERROR(lookup.Address(file.previous_address, columns.previous_address));
  for (const IdentifierEntry& entry : file.identifiers) {
    IdentifierColumns& identifier =
        columns.identifiers.emplace_back(IdentifierColumns{entry.system, entry.kind, {}, {}});
    const std::string key = absl::StrCat("identifier.", entry.system);
    HIE_RETURN_IF_ERROR(lookup.All(entry.from, key, identifier.from));
    HIE_RETURN_IF_ERROR(lookup.All(entry.assigner, key, identifier.assigner));
  }
  for (const ExtraEntry& entry : file.extras) {
    ExtraColumns& extra = columns.extras.emplace_back(ExtraColumns{entry.name, {}});
    HIE_RETURN_IF_ERROR(lookup.All(entry.from, absl::StrCat("extra.", entry.name), extra.from));
  }
  if (TellsPeopleApart(columns)) return columns;
  return absl::InvalidArgumentError(
      absl::StrCat(file.source,
                   ": names no column that identifies; want family, given, full_name, ssn or an "
                   "[identifier]; the file has: ",
                   absl::StrJoin(header, ", ")));
}

absl::Status AlignExtras(std::vector<std::string>& names, Columns& columns) {
  std::vector<ExtraColumns> aligned;
  for (const std::string& name : names) aligned.push_back({name, {}});
  for (ExtraColumns& extra : columns.extras) {
    const auto found = std::find(names.begin(), names.end(), extra.name);
    if (found != names.end()) {
      aligned[static_cast<size_t>(found - names.begin())].from = std::move(extra.from);
      continue;
    }
    if (names.size() == mpi::kExtraFieldsMax) {
      return absl::InvalidArgumentError(absl::StrCat(
          "extra.", extra.name, ": want at most ", mpi::kExtraFieldsMax,
          " extra fields in all inputs and the model; there are: ", absl::StrJoin(names, ", ")));
    }
    names.push_back(extra.name);
    aligned.push_back(std::move(extra));
  }
  columns.extras = std::move(aligned);
  return absl::OkStatus();
}

std::vector<std::string> UnusedColumns(const ColumnFile& file,
                                       const std::vector<std::string>& header,
                                       const std::vector<std::string>& affixes) {
  std::set<std::string> named;
  const auto add = [&](const NamedColumns& from) {
    for (const std::string& name : from.columns) {
      for (const std::string& affix : affixes) named.insert(WithAffix(name, affix));
    }
  };
  for (const NamedColumns& from : file.fields) add(from);
  for (const NamedColumns& from : file.previous_address) add(from);
  for (const IdentifierEntry& entry : file.identifiers) {
    add(entry.from);
    add(entry.assigner);
  }
  for (const ExtraEntry& entry : file.extras) add(entry.from);
  // These are named as they stand, also in a file of pairs.
  for (const FieldKey key : {FieldKey::kId, FieldKey::kTruth, FieldKey::kIgnore}) {
    const auto& names = file.field(key).columns;
    named.insert(names.begin(), names.end());
  }
  std::vector<std::string> unused;
  std::copy_if(header.begin(), header.end(), std::back_inserter(unused),
               [&](const std::string& name) { return named.count(name) == 0; });
  return unused;
}

}  // namespace hie::ctl::matching
