#include <algorithm>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "mpi/compare/packed_record.h"
#include "mpi/normalize/nicknames.h"
#include "mpi/score/log2.h"
#include "mpi/score/model.h"

namespace hie::mpi {
namespace {

// Records that the shares of names are counted in.
constexpr uint64_t kNamedPopulation = 1'000'000;

// One level: its name and chances in parts per million.
struct Row {
  absl::string_view name;
  double m, u, h;
};

uint32_t PerBillion(double per_million) { return static_cast<uint32_t>(per_million * 1000 + 0.5); }

void SetField(Model& model, Field field, const char* name, std::initializer_list<Row> rows) {
  FieldRow& row = model.fields[static_cast<size_t>(field)];
  row.name = name;
  for (const Row& level : rows) {
    row.levels[row.level_count++] = {level.name, PerBillion(level.m), PerBillion(level.u),
                                     PerBillion(level.h)};
  }
  row.levels[row.level_count++].name = "missing";
}

// What the numbers rest on is said in README.md of this room; none was fitted to a labelled set.
void SetNames(Model& model) {
  SetField(model, Field::kFamily, "family",
           {{"exact", 850'000, 450, 700'000},
            {"one_edit", 50'000, 350, 42'000},
            {"similar", 15'000, 350, 12'500},
            {"token_shared", 30'000, 400, 30'000},
            {"swapped", 4'000, 4'000, 4'000},  // Counted once: by the given name.
            {"alike", 12'000, 3'500, 12'000},
            {"differs", 39'000, 991'400, 199'500}});
  SetField(model, Field::kGiven, "given",
           {{"exact", 855'000, 3'300, 9'000},
            {"nickname", 32'000, 1'500, 2'500},
            {"one_edit", 40'000, 900, 11'000},
            {"similar", 16'000, 1'000, 8'000},
            {"swapped", 4'000, 3, 250},
            {"middle", 8'000, 1'000, 3'500},
            {"initial", 15'000, 2'600, 6'000},
            {"alike", 8'000, 14'000, 24'000},
            {"differs", 22'000, 975'697, 941'750}});
  SetField(model, Field::kMiddle, "middle",
           // Who is named as the father mostly has his middle name too.
           {{"exact", 560'000, 9'000, 350'000},
            {"initial", 380'000, 66'000, 250'000},
            {"differs", 60'000, 925'000, 400'000}});
  SetField(model, Field::kSuffix, "suffix",
           {{"same", 970'000, 400'000, 200'000}, {"conflict", 30'000, 600'000, 800'000}});
  SetField(model, Field::kMotherMaiden, "mother_maiden",
           {{"exact", 850'000, 600, 600'000},
            {"similar", 80'000, 1'500, 60'000},
            {"differs", 70'000, 997'900, 340'000}});
}

void SetPerson(Model& model) {
  SetField(model, Field::kBirthDate, "birth_date",
           {{"exact", 930'000, 34, 12'000},
            {"month_day_swapped", 6'000, 12, 200},
            {"one_digit_off", 24'000, 900, 1'800},
            {"one_day_off", 4'000, 30, 150},
            {"exact_default_day", 5'000, 30, 60},
            {"partial", 5'000, 100, 300},
            {"two_parts", 8'000, 4'200, 6'000},
            {"default_day", 4'000, 200, 500},
            {"same_year", 4'000, 11'500, 25'000},
            {"differs", 15'000, 983'000, 956'000}});
  SetField(model, Field::kSex, "sex",
           {{"same", 985'000, 500'000, 480'000}, {"differs", 15'000, 500'000, 520'000}});
  SetField(model, Field::kBirthOrder, "birth_order",
           {{"same", 985'000, 750'000, 600'000}, {"differs", 15'000, 250'000, 400'000}});
}

void SetIdentifiers(Model& model) {
  SetField(model, Field::kSsn, "ssn",
           {{"exact", 930'000, 1.8, 3'000},
            {"last_four", 930'000, 150, 4'500},
            {"one_edit", 30'000, 60, 9'000},
            {"differs", 35'000, 999'000, 985'000},
            {"last_four_differs", 40'000, 999'000, 985'000}});
  SetField(model, Field::kIdentifier, "identifier",
           {{"several_personal", 850'000, 0.01, 60},
            {"personal_exact", 930'000, 7, 4'000},
            {"shared_exact", 700'000, 45, 450'000},
            {"personal_one_edit", 30'000, 60, 3'000},
            {"differs", 300'000, 999'000, 550'000},
            {"personal_differs", 70'000, 999'000, 985'000}});
  SetField(model, Field::kPhone, "phone",
           {{"exact", 600'000, 130, 480'000},
            {"subscriber", 20'000, 60, 15'000},
            {"one_edit", 20'000, 600, 16'000},
            {"differs", 360'000, 999'000, 490'000}});
  SetField(model, Field::kEmail, "email",
           {{"exact", 600'000, 30, 120'000},
            {"local_part", 60'000, 60, 8'000},
            {"one_edit", 40'000, 20, 8'000},
            {"differs", 300'000, 999'000, 864'000}});
  SetField(model, Field::kAddress, "address",
           {{"exact", 480'000, 60, 450'000},
            {"number_street", 40'000, 30, 36'000},
            {"similar", 90'000, 80, 80'000},
            {"street_zip", 50'000, 600, 45'000},
            {"number_zip", 15'000, 200, 14'000},
            {"street", 20'000, 900, 18'000},
            {"zip", 60'000, 5'000, 55'000},
            {"city", 60'000, 20'000, 55'000},
            {"differs", 185'000, 972'000, 247'000}});
}

void SetExtras(Model& model) {
  for (size_t i = 0; i < kExtraFieldsMax; ++i) {
    FieldRow& row = model.fields[kNamedFieldCount + i];
    row = {};
    SetField(model, static_cast<Field>(kNamedFieldCount + i), "",
             {{"exact", 760'000, 20'000, 250'000},
              {"similar", 70'000, 6'000, 30'000},
              {"alike", 40'000, 14'000, 30'000},
              {"differs", 130'000, 960'000, 690'000}});
  }
}

void SetSlots(Model& model) {
  const auto slot = [&](Field field) -> ValueSlot& {
    return model.slots[static_cast<size_t>(field)];
  };
  slot(Field::kFamily) = {450'000, 3'000};
  slot(Field::kGiven) = {3'300'000, 3'000};
  slot(Field::kBirthDate) = {34'000, 1'000};
  slot(Field::kSsn) = {1'800, 0};
  slot(Field::kPhone) = {130'000, 1'000};
  slot(Field::kEmail) = {30'000, 1'000};
  slot(Field::kAddress) = {900'000, 2'000};
  slot(Field::kIdentifier) = {7'000, 0};
  slot(Field::kMotherMaiden) = {600'000, 3'000};
  model.slots[kZipSlot] = {5'000'000, 2'000};
  model.slots[kCitySlot] = {20'000'000, 2'000};
  for (size_t i = 0; i < kExtraFieldsMax; ++i) {
    model.slots[kNamedFieldCount + i] = {20'000'000, 5'000};
  }
}

// The commonest US names by their rank: about 1 / (1 + slope * rank) of the commonest one's share,
// which Census and Social Security lists follow for the first hundreds.
void AddRanked(Field field, const std::vector<absl::string_view>& names, double first, double slope,
               absl::string_view starts_anew, std::vector<ValueFrequencies::Entry>& entries) {
  size_t rank = 0;
  for (const absl::string_view name : names) {
    if (name == starts_anew) rank = 0;
    const double share = first / (1 + slope * static_cast<double>(rank++));
    const uint64_t key = ValueFrequencies::Key(static_cast<size_t>(field), HashWord(name));
    // A name of both sexes counts where it comes first.
    const bool known = std::any_of(entries.begin(), entries.end(),
                                   [&](const auto& entry) { return entry.key == key; });
    if (known) continue;
    entries.push_back({key, static_cast<uint32_t>(share * kNamedPopulation)});
  }
}

std::shared_ptr<const ValueFrequencies> NameFrequencies() {
  std::vector<ValueFrequencies::Entry> entries;
  AddRanked(Field::kFamily, CommonFamilyNames(), 0.0083, 0.11, "", entries);
  AddRanked(Field::kGiven, CommonGivenNames(), 0.008, 0.12, "mary", entries);
  std::vector<uint64_t> holders(kFrequencySlots, 0);
  holders[static_cast<size_t>(Field::kFamily)] = kNamedPopulation;
  holders[static_cast<size_t>(Field::kGiven)] = kNamedPopulation;
  return std::make_shared<ValueFrequencies>(std::move(entries), std::move(holders));
}

Model MakeDefault() {
  Model model;
  model.name = "us-default-2";
  model.matches_per_record = 500;
  model.household_per_record = 1'500;
  model.population = 500'000;
  SetNames(model);
  SetPerson(model);
  SetIdentifiers(model);
  SetExtras(model);
  SetSlots(model);
  model.frequencies = NameFrequencies();
  model.thresholds = {.link = 10'000,
                      .kin = 8'500,
                      .support = 200,
                      .household = 5'000,
                      .review = 2'000,
                      .merge = 14'000,
                      .margin = 3'000,
                      .unlink = -3'000};
  SetWeights(model);
  return model;
}

}  // namespace

void SetWeights(Model& model) {
  for (FieldRow& row : model.fields) {
    for (size_t i = 0; i + 1 < row.level_count; ++i) {
      Level& level = row.levels[i];
      level.stranger = Log2Millibits(level.m) - Log2Millibits(level.u);
      level.household = Log2Millibits(level.m) - Log2Millibits(level.h);
    }
  }
  // Per record `matches` of `population - 1` others are the same person.
  const uint64_t others = model.population > 1 ? model.population - 1 : 1;
  model.prior_stranger = Log2Millibits(model.matches_per_record) - Log2Millibits(others * 1000);
  model.prior_household =
      Log2Millibits(model.matches_per_record) - Log2Millibits(model.household_per_record);
}

const Model& DefaultModel() {
  static const Model* const model = new Model(MakeDefault());
  return *model;
}

}  // namespace hie::mpi
