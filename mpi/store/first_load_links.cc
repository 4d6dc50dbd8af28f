#include "mpi/store/first_load_links.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/block/parallel.h"
#include "mpi/compare/agreement.h"
#include "mpi/link/person_review.h"
#include "mpi/score/kinship.h"
#include "mpi/score/score.h"
#include "mpi/store/explanation.h"
#include "mpi/store/first_load_rows.h"
#include "mpi/store/tables.h"
#include "mpi/store/task_queue.h"
#include "services/common/base/mutex.h"
#include "services/common/base/status_macros.h"
#include "services/common/storage/row_sorter.h"

namespace hie::mpi {
namespace {

using RecordPair = std::pair<RecordNumber, RecordNumber>;

// A record that contradicts another one of its person.
struct Doubt {
  uint32_t person = 0;
  RecordPair pair;  // The second 0: their number is the doubt.
};

class LinkWriting {
 public:
  LinkWriting(const WriteLinksOptions& options, const LoadedPersons& persons,
              const RecordTable& table, const Model& model)
      : options_(options), persons_(persons), table_(table), model_(model) {}

  absl::StatusOr<WriteLinksResult> Run(const std::vector<LoadedQuestion>& questions) {
    const size_t threads = std::max<size_t>(options_.threads, 1);
    std::vector<absl::Status> failed(threads);
    std::vector<std::vector<Doubt>> doubts(threads);
    ForRanges(threads, persons_.size(), [&](size_t begin, size_t end, size_t thread) {
      failed[thread] = LookAtPersons(begin, end, thread, doubts[thread]);
    });
    for (const absl::Status& status : failed) HIE_RETURN_IF_ERROR(status);
    HIE_RETURN_IF_ERROR(PutPossibleLinks(questions));
    HIE_RETURN_IF_ERROR(AskAboutPersons(questions, doubts));
    for (auto& [table, sorter] : sorters_) HIE_RETURN_IF_ERROR(Finish(table, *sorter));
    return std::move(result_);
  }

 private:
  PackedView View(RecordNumber record) const { return table_.record(record - 1); }

  // Explains the records of a range of persons, and finds those that need somebody's look.
  absl::Status LookAtPersons(size_t begin, size_t end, size_t thread, std::vector<Doubt>& doubts) {
    RowSorter sorter({options_.files,
                      absl::StrCat(options_.directory, "/", kExplanationsTable, ".", thread),
                      options_.sorter_bytes});
    for (size_t person = begin; person < end; ++person) {
      const std::vector<RecordNumber> records = persons_.RecordsOf(static_cast<uint32_t>(person));
      if (records.size() < 2) continue;
      HIE_RETURN_IF_ERROR(Explain(records, sorter));
      if (const auto pair = FindDoubt(records)) {
        doubts.push_back({static_cast<uint32_t>(person), *pair});
      }
    }
    return Finish(std::string(kExplanationsTable), sorter);
  }

  absl::Status Explain(const std::vector<RecordNumber>& records, RowSorter& sorter) const {
    for (size_t i = 1; i < records.size(); ++i) {
      const RecordNumber other = BestBefore(records, i);
      v1::ExplanationRow row = MakeExplanation(View(records[i]), View(other), model_);
      row.set_other(other);
      row.set_version(1);
      row.set_other_version(1);
      row.set_sequence(kFirstLoadSequence);
      HIE_RETURN_IF_ERROR(sorter.Add(RecordKey(records[i]), row.SerializeAsString()));
    }
    return absl::OkStatus();
  }

  RecordNumber BestBefore(const std::vector<RecordNumber>& records, size_t i) const {
    RecordNumber best = records[0];
    std::optional<Millibits> best_weight;
    for (size_t j = 0; j < std::min(i, kExplainedWithMax); ++j) {
      const Millibits weight = Score(Compare(View(records[i]), View(records[j])), model_).weight();
      if (best_weight && weight <= *best_weight) continue;
      best = records[j];
      best_weight = weight;
    }
    return best;
  }

  std::optional<RecordPair> FindDoubt(const std::vector<RecordNumber>& records) const {
    if (records.size() > kPersonRecordsMax) return RecordPair{records[0], 0};
    for (size_t i = 0; i < records.size(); ++i) {
      for (size_t j = i + 1; j < records.size(); ++j) {
        if (Conflicts(Compare(View(records[i]), View(records[j])))) {
          return RecordPair{records[i], records[j]};
        }
      }
    }
    return std::nullopt;
  }

  absl::Status PutPossibleLinks(const std::vector<LoadedQuestion>& questions) {
    std::set<RecordPair> asked;
    for (const LoadedQuestion& question : questions) {
      const uint32_t a = persons_.PersonOf(question.first);
      const uint32_t b = persons_.PersonOf(question.second);
      if (a == b || !asked.emplace(question.first, question.second).second) continue;
      ++result_.possible_links;
      HIE_RETURN_IF_ERROR(
          PutRows(PossibleLinkRows(question.first, question.second, question.weight)));
      NewTask task;
      task.kind = v1::TASK_KIND_POSSIBLE_LINK;
      task.weight = question.weight;
      task.records_exposed = RecordCount(a) + RecordCount(b);
      HIE_RETURN_IF_ERROR(PutTask(task, {question.first, question.second}));
    }
    return absl::OkStatus();
  }

  // What linking asked about two records of one person comes before what they contradict.
  absl::Status AskAboutPersons(const std::vector<LoadedQuestion>& questions,
                               const std::vector<std::vector<Doubt>>& doubts) {
    std::map<uint32_t, RecordPair> of_person;
    for (const LoadedQuestion& question : questions) {
      const uint32_t person = persons_.PersonOf(question.first);
      if (person != persons_.PersonOf(question.second)) continue;
      of_person.emplace(person, RecordPair{question.first, question.second});
    }
    for (const std::vector<Doubt>& part : doubts) {
      for (const Doubt& doubt : part) of_person.emplace(doubt.person, doubt.pair);
    }
    for (const auto& [person, pair] : of_person) {
      NewTask task;
      task.kind = v1::TASK_KIND_PERSON_REVIEW;
      task.records_exposed = RecordCount(person);
      HIE_RETURN_IF_ERROR(PutTask(task, pair));
    }
    return absl::OkStatus();
  }

  absl::Status PutTask(NewTask task, const RecordPair& records) {
    task.first = records.first;
    task.second = records.second;
    task.first_version = 1;
    task.second_version = records.second == 0 ? 0 : 1;
    return PutRows(TaskRows(++result_.tasks, MakeTaskRow(task, options_.loaded)));
  }

  uint32_t RecordCount(uint32_t person) const {
    return static_cast<uint32_t>(persons_.RecordsOf(person).size());
  }

  absl::Status PutRows(const WriteBatch& rows) {
    for (const WriteBatch::Change& change : rows.changes()) {
      std::unique_ptr<RowSorter>& sorter = sorters_[change.table];
      if (sorter == nullptr) {
        sorter = std::make_unique<RowSorter>(
            RowSorter::Options{options_.files, absl::StrCat(options_.directory, "/", change.table),
                               options_.sorter_bytes});
      }
      HIE_RETURN_IF_ERROR(sorter->Add(change.key, change.value.value_or("")));
    }
    return absl::OkStatus();
  }

  absl::Status Finish(const std::string& table, RowSorter& sorter) {
    HIE_ASSIGN_OR_RETURN(const std::vector<std::string> runs, sorter.Finish());
    MutexLock lock(mutex_);
    for (const std::string& path : runs) {
      v1::SortedRun run;
      run.set_table(table);
      run.set_name(path.substr(options_.directory.size() + 1));
      result_.runs.push_back(std::move(run));
    }
    return absl::OkStatus();
  }

  const WriteLinksOptions& options_;
  const LoadedPersons& persons_;
  const RecordTable& table_;
  const Model& model_;
  std::map<std::string, std::unique_ptr<RowSorter>> sorters_;  // By table.
  Mutex mutex_;
  WriteLinksResult result_;
};

}  // namespace

absl::StatusOr<WriteLinksResult> WriteLinks(const WriteLinksOptions& options,
                                            const LoadedPersons& persons, const RecordTable& table,
                                            const std::vector<LoadedQuestion>& questions,
                                            const Model& model) {
  if (table.size() != persons.records()) {
    return absl::InternalError("first load: want a person for each record");
  }
  return LinkWriting(options, persons, table, model).Run(questions);
}

}  // namespace hie::mpi
