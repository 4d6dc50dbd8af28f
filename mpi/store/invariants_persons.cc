#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mpi/link/group_evidence.h"
#include "mpi/score/kinship.h"
#include "mpi/store/invariants_parts.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"

// Persons: what they list, where they redirect, and whether they cohere.
namespace hie::mpi {
namespace {

// Records of a person that are compared with each other, at most.
constexpr size_t kComparedMax = 30;

PairEvidence EvidenceOfPair(const PackedView& a, const PackedView& b, const Model& model) {
  const Agreement agreement = Compare(a, b);
  const PairScore score = Score(agreement, model);
  return {.weight = JudgedWeight(score.weight(), MayBeKin(agreement), model),
          .household = score.household,
          .vetoes = score.vetoes,
          .conflict = FamiliesShow(model) && Conflicts(agreement),
          .support = score.support};
}

class PersonScrub {
 public:
  PersonScrub(const KvReader& state, ScrubDesk& desk) : reader_(state), desk_(desk) {}

  absl::Status Run(ScrubCounts& counts) {
    return ForEachRow(reader_.rows(), kPersonsTable,
                      [&](absl::string_view key, absl::string_view value) {
                        HIE_RETURN_IF_ERROR(desk_.Tick("persons", counts.records));
                        ++counts.persons;
                        // The rest of the index is looked at all the same.
                        const absl::Status checked = CheckRow(std::string(key), value);
                        if (!absl::IsDataLoss(checked)) return checked;
                        const absl::StatusOr<std::string> eid = EidOfPersonKey(key);
                        Want(false, "a row cannot be read", eid.ok() ? *eid : "");
                        return absl::OkStatus();
                      });
  }

 private:
  void Want(bool holds, absl::string_view fault, const std::string& eid,
            RecordNumber record = 0) const {
    if (!holds) desk_.Want(false, {fault, kPersonsTable, record, eid});
  }

  absl::Status CheckRow(const std::string& key, absl::string_view value) {
    v1::PersonRow person;
    if (!person.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
      return UnreadableRow(kPersonsTable);
    }
    return CheckPerson(key, person);
  }

  absl::Status CheckPerson(const std::string& key, const v1::PersonRow& person) {
    HIE_ASSIGN_OR_RETURN(const std::string eid, EidOfPersonKey(key));
    const auto& numbers = person.record_numbers();
    const auto& stones = person.tombstone_numbers();
    const bool active = person.state() == v1::PERSON_STATE_ACTIVE;
    Want(active == (!numbers.empty() || !stones.empty()),
         "a person without records, or records of no person", eid);
    Want(std::is_sorted(stones.begin(), stones.end(), std::less_equal<>()),
         "a person's tombstones are not in order", eid);
    Want(std::is_sorted(numbers.begin(), numbers.end(), std::less_equal<>()),
         "a person's records are not in order", eid);
    if (person.state() == v1::PERSON_STATE_REDIRECT) {
      HIE_RETURN_IF_ERROR(CheckRedirect(eid, person.redirect_to()));
    }
    for (const std::string& alias : person.aliases()) {
      HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> row, reader_.FindPerson(alias));
      Want(row && row->redirect_to() == eid, "an alias does not redirect to its person", eid);
    }
    return CheckListed(key, eid, person);
  }

  absl::Status CheckRedirect(const std::string& eid, const std::string& target) {
    HIE_ASSIGN_OR_RETURN(const std::optional<v1::PersonRow> person, reader_.FindPerson(target));
    const bool ends = person && person->state() != v1::PERSON_STATE_REDIRECT;
    Want(ends, "a redirect does not end after one step", eid);
    if (!ends) return absl::OkStatus();
    const auto& aliases = person->aliases();
    Want(std::find(aliases.begin(), aliases.end(), eid) != aliases.end(),
         "a redirect's target does not list it", eid);
    return absl::OkStatus();
  }

  absl::Status CheckListed(const std::string& key, const std::string& eid,
                           const v1::PersonRow& person) {
    for (const RecordNumber record : AllRecordNumbers(person)) {
      HIE_ASSIGN_OR_RETURN(const std::optional<Ownership> owned, OwnershipOf(reader_, record));
      Want(owned && owned->person_key == key, "a person lists a record that names another person",
           eid, record);
    }
    if (desk_.options().model == nullptr || person.record_numbers_size() < 2) {
      return absl::OkStatus();
    }
    return CheckCoherence(eid, RecordNumbers(person), *desk_.options().model);
  }

  absl::Status CheckCoherence(const std::string& eid, std::vector<RecordNumber> records,
                              const Model& model) {
    if (records.size() > kComparedMax) records.resize(kComparedMax);
    std::vector<std::string> packed;
    HIE_RETURN_IF_ERROR(
        reader_.ReadFeatures(records, [&](RecordNumber, absl::string_view, const PackedView& view) {
          packed.emplace_back(view.bytes());
          return absl::OkStatus();
        }));
    GroupEvidence evidence;
    for (size_t i = 0; i < packed.size(); ++i) {
      for (size_t j = i + 1; j < packed.size(); ++j) {
        evidence.Add(
            EvidenceOfPair(PackedView(packed[i].data()), PackedView(packed[j].data()), model), i,
            j);
      }
    }
    const Thresholds& thresholds = model.thresholds;
    const bool supported = evidence.pairs() > 1 && evidence.Supported(thresholds);
    if (evidence.pairs() == 0 || supported ||
        evidence.mean_weight() >= thresholds.review + thresholds.unlink) {
      return absl::OkStatus();
    }
    HIE_ASSIGN_OR_RETURN(const bool decided, IsDecided(records));
    Want(decided, "a person whose records contradict each other", eid);
    return absl::OkStatus();
  }

  // Whether somebody decided that records of the person belong together.
  absl::StatusOr<bool> IsDecided(const std::vector<RecordNumber>& records) const {
    for (const RecordNumber record : records) {
      HIE_ASSIGN_OR_RETURN(const auto decisions, reader_.DecisionsOf(record));
      for (const auto& [other, decision] : decisions) {
        if (decision.same_person()) return true;
      }
    }
    return false;
  }

  const MpiReader reader_;
  ScrubDesk& desk_;
};

}  // namespace

absl::Status ScrubPersons(const KvReader& state, ScrubDesk& desk, ScrubCounts& counts) {
  return PersonScrub(state, desk).Run(counts);
}

}  // namespace hie::mpi
