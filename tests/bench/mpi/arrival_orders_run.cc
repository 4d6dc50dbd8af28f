#include "tests/bench/mpi/arrival_orders_run.h"

#include <map>
#include <numeric>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "mpi/batch/link_batch.h"
#include "mpi/store/mpi_machine.h"
#include "mpi/store/mpi_reader.h"
#include "mpi/store/tables.h"
#include "services/common/base/status_macros.h"
#include "services/common/outbox/outbox.h"
#include "services/common/storage/memory_kv_store.h"
#include "services/common/wire/wire.h"

namespace hie::bench {
namespace {

constexpr int kEidsPerCommand = 3;

std::vector<uint32_t> NumberTruths(const LabelledSet& set) {
  ctl::matching::TextColumn truths;
  for (const LabelledRecord& record : set.records) truths.Add(record.entity);
  return ctl::matching::NumberTruths(truths);
}

ctl::matching::PairCounts Count(const std::vector<uint32_t>& clusters,
                                const std::vector<uint32_t>& truths) {
  return ctl::matching::CountPairs(clusters, truths, std::vector<uint8_t>(truths.size(), 0),
                                   ctl::matching::PairScope::kAll);
}

std::vector<std::string> Tables() {
  std::vector<std::string> tables = mpi::StateTables();
  tables.emplace_back(outbox::kTable);
  return tables;
}

// splitmix64.
uint64_t Next(uint64_t& state) {
  uint64_t z = state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// An index of one run.
class Index {
 public:
  explicit Index(const mpi::Model& model) : machine_(model), store_(Tables()) {}

  absl::Status Register(uint32_t record, const Demographics& demographics) {
    mpi::v1::MpiCommand command;
    ++sequence_;
    for (int i = 0; i < kEidsPerCommand; ++i) {
      command.add_eid_candidates(absl::StrFormat("%08x-0000-7000-8000-%012d", sequence_, i));
    }
    auto& part = *command.mutable_register_();
    part.mutable_actor()->set_member("bench");
    part.mutable_patient()->set_assigning_authority("2.999.1");
    part.mutable_patient()->set_id(absl::StrCat(record));
    *part.mutable_demographics() = wire::ToProto(demographics);
    WriteBatch changes;
    const Stamp stamp{sequence_, absl::UnixEpoch() + absl::Seconds(sequence_)};
    HIE_RETURN_IF_ERROR(
        machine_.Apply(command.SerializeAsString(), "", stamp, *store_.Snapshot(), changes)
            .status());
    return store_.Write(changes, Durability::kBuffered);
  }

  // Of each record the number of its person, counted anew.
  absl::StatusOr<std::vector<uint32_t>> Persons(size_t records) const {
    const auto snapshot = store_.Snapshot();
    const mpi::MpiReader reader(*snapshot);
    std::map<std::string, uint32_t> numbers;
    std::vector<uint32_t> person(records);
    for (uint32_t record = 0; record < records; ++record) {
      common::v1::LocalPatient patient;
      patient.set_assigning_authority("2.999.1");
      patient.set_id(absl::StrCat(record));
      HIE_ASSIGN_OR_RETURN(const mpi::RecordNumber number, reader.FindRecord(patient));
      HIE_ASSIGN_OR_RETURN(const mpi::v1::RecordRow row, reader.Record(number));
      person[record] = numbers.emplace(row.eid(), numbers.size()).first->second;
    }
    return person;
  }

  absl::StatusOr<size_t> IdsChanged() const {
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows,
                         store_.Snapshot()->ScanPrefix(mpi::kPersonsTable, ""));
    size_t changed = 0;
    for (const KvEntry& row : rows) {
      mpi::v1::PersonRow person;
      if (!person.ParseFromString(row.value)) return absl::DataLossError("persons: cannot be read");
      if (person.state() != mpi::v1::PERSON_STATE_ACTIVE) ++changed;
    }
    return changed;
  }

  absl::StatusOr<size_t> PossibleLinks() const {
    HIE_ASSIGN_OR_RETURN(const std::vector<KvEntry> rows,
                         store_.Snapshot()->ScanPrefix(mpi::kPossibleLinksTable, ""));
    return rows.size() / 2;  // Filed in both orders.
  }

 private:
  mpi::MpiMachine machine_;
  MemoryKvStore store_;
  uint64_t sequence_ = 0;
};

}  // namespace

absl::StatusOr<OfflineResult> LinkOffline(const LabelledSet& set) {
  mpi::RecordTable table;
  for (const LabelledRecord& record : set.records)
    table.Add(mpi::Normalize(record.demographics), 0);
  HIE_ASSIGN_OR_RETURN(mpi::BatchResult batch,
                       mpi::LinkBatch(table, mpi::DefaultModel(), mpi::BatchOptions{}));
  OfflineResult result;
  result.pairs = Count(batch.cluster, NumberTruths(set));
  result.model = std::move(batch.model);
  result.cluster = std::move(batch.cluster);
  result.tasks = batch.queue.size();
  return result;
}

std::vector<uint32_t> ArrivalOrder(size_t count, uint64_t seed) {
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = count; i > 1; --i) std::swap(order[i - 1], order[Next(seed) % i]);
  return order;
}

absl::StatusOr<ArrivalResult> RegisterInOrder(const LabelledSet& set, const mpi::Model& model,
                                              const std::vector<uint32_t>& order,
                                              const std::vector<uint32_t>& offline) {
  Index index(model);
  for (const uint32_t record : order) {
    HIE_RETURN_IF_ERROR(index.Register(record, set.records[record].demographics));
  }
  HIE_ASSIGN_OR_RETURN(const std::vector<uint32_t> persons, index.Persons(set.records.size()));
  ArrivalResult result;
  result.pairs = Count(persons, NumberTruths(set));
  result.against_offline = Count(persons, offline);
  HIE_ASSIGN_OR_RETURN(result.ids_changed, index.IdsChanged());
  HIE_ASSIGN_OR_RETURN(result.possible_links, index.PossibleLinks());
  return result;
}

}  // namespace hie::bench
