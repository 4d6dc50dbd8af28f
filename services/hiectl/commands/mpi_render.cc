#include "services/hiectl/commands/mpi_render.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "services/hiectl/commands/render.h"

namespace hie::ctl {
namespace {

constexpr size_t kHashDigits = 12;
// Levels that are seen this many times more or less often than the model says are shown.
constexpr uint32_t kOften = 2;
// Below this many parts per million a rate is noise.
constexpr uint32_t kPpmMin = 1'000;

// "POSSIBLE_LINK" as people write it: possible-link.
std::string Words(const std::string& value, const std::string& prefix) {
  return absl::StrReplaceAll(ShortName(value, prefix), {{"_", "-"}});
}

std::string Percent(uint32_t ppm) { return absl::StrFormat("%.1f %%", ppm / 10'000.0); }

std::string ShortHash(const std::string& hash) {
  return hash.empty() ? "shipped" : hash.substr(0, kHashDigits);
}

std::string OwnerOf(const common::v1::Actor& actor) {
  return absl::StrCat(actor.member(), actor.user().empty() ? "" : "/", actor.user());
}

std::string Yes(bool value, const char* word) { return value ? word : ""; }

std::string StateOf(const mpi::v1::Task& task) {
  std::vector<std::string> words = {
      Words(mpi::v1::ReviewState_Name(task.state()), "REVIEW_STATE_")};
  if (task.changed_since_queued()) words.emplace_back("changed");
  if (task.needs_two()) words.emplace_back("needs-two");
  if (task.disputed()) words.emplace_back("disputed");
  return absl::StrJoin(words, ",");
}

std::string DecisionWords(const mpi::v1::Decision& decision) {
  return absl::StrCat(
      decision.same_person() ? "same person" : "different persons", " (", OwnerOf(decision.actor()),
      Yes(decision.authority() == mpi::v1::DECISION_AUTHORITY_REGISTRAR, ", registrar"), ")");
}

void AddParts(const mpi::v1::LinkEvent& event, std::vector<std::string>& lines) {
  for (const auto& moved : event.moved()) {
    lines.push_back(absl::StrCat("  ", PatientKey(moved.patient()), ": ",
                                 moved.from_eid().empty() ? "new" : moved.from_eid(), " -> ",
                                 moved.to_eid()));
  }
  for (const auto& change : event.possible()) {
    lines.push_back(absl::StrCat(
        "  possible link ", change.after() ? (change.before() ? "weighed" : "opened") : "ended",
        ": ", PatientKey(change.first()), " and ", PatientKey(change.second()), ", ",
        Bits(change.after() ? change.weight_after_millibits() : change.weight_before_millibits())));
  }
  for (const auto& change : event.decisions()) {
    lines.push_back(
        absl::StrCat("  ", PatientKey(change.first()), " and ", PatientKey(change.second()), ": ",
                     change.has_after() ? DecisionWords(change.after()) : "no decision any more"));
  }
  for (const auto& change : event.standings()) {
    lines.push_back(
        absl::StrCat("  ", PatientKey(change.patient()), ": ",
                     Words(mpi::v1::StandingKind_Name(change.kind()), "STANDING_KIND_")));
  }
  for (const auto& change : event.persons()) {
    if (change.fate() == mpi::v1::PERSON_FATE_CHANGED) continue;
    lines.push_back(absl::StrCat("  person ", change.eid(), ": ",
                                 Words(mpi::v1::PersonFate_Name(change.fate()), "PERSON_FATE_"),
                                 change.redirect_eid().empty() ? "" : " to ",
                                 change.redirect_eid()));
  }
}

void AddChange(const char* what, const mpi::v1::GroupingChange& change,
               std::vector<std::string>& lines) {
  lines.push_back(absl::StrFormat("%s: %d links gained, %d lost", what, change.pairs_gained(),
                                  change.pairs_lost()));
  for (const auto& [word, pairs] :
       {std::pair("gained", &change.gained()), std::pair("lost", &change.lost())}) {
    for (const mpi::v1::ChangedPair& pair : *pairs) {
      lines.push_back(absl::StrCat("  ", word, ": ", PatientKey(pair.first()), " and ",
                                   PatientKey(pair.second()), ", ",
                                   Bits(pair.weight_now_millibits()), " now, ",
                                   Bits(pair.weight_then_millibits()), " then"));
    }
  }
}

bool Differs(uint32_t seen, uint32_t said) {
  if (std::max(seen, said) < kPpmMin) return false;
  return seen > said * kOften || said > seen * kOften;
}

std::string Chance(uint32_t parts_per_billion) {
  if (parts_per_billion == 0) return "";
  return absl::StrFormat("1 in %d", std::max(1U, 1'000'000'000U / parts_per_billion));
}

}  // namespace

std::string PatientKey(const common::v1::LocalPatient& patient) {
  return absl::StrCat(patient.assigning_authority(), "|", patient.id(),
                      patient.incarnation() > 1 ? absl::StrCat("#", patient.incarnation()) : "");
}

Rows TaskRows(const google::protobuf::RepeatedPtrField<mpi::v1::Task>& tasks) {
  Rows rows = {{"task", "kind", "state", "weight", "first", "second", "opened", "due", "demand",
                "owner", "versions"}};
  for (const mpi::v1::Task& task : tasks) {
    rows.push_back({absl::StrCat(task.task()),
                    Words(mpi::v1::TaskKind_Name(task.kind()), "TASK_KIND_"), StateOf(task),
                    task.weight_millibits() == 0 ? "" : Bits(task.weight_millibits()),
                    PatientKey(task.first()), task.has_second() ? PatientKey(task.second()) : "",
                    Moment(task.opened_micros()), Moment(task.due_micros()),
                    task.demands() == 0 ? "" : absl::StrCat(task.demands()),
                    task.has_owner() ? OwnerOf(task.owner()) : "",
                    absl::StrCat(task.first_version(), ",", task.second_version())});
  }
  return rows;
}

std::vector<std::string> EventLines(const mpi::v1::LinkEvent& event) {
  std::vector<std::string> lines = {absl::StrCat(
      event.sequence(), "  ", Moment(event.micros()), "  ",
      Words(mpi::v1::EventKind_Name(event.kind()), "EVENT_KIND_"), "  ", OwnerOf(event.actor()),
      event.undoes() == 0 ? "" : absl::StrCat("  undoes ", event.undoes()),
      event.undone_by() == 0 ? "" : absl::StrCat("  undone by ", event.undone_by()))};
  AddParts(event, lines);
  return lines;
}

std::vector<std::string> FalloutLines(const exchange::v1::IdentityFallout& fallout) {
  std::vector<std::string> lines;
  lines.push_back(absl::StrCat(
      "together since ", fallout.since_micros() == 0 ? "ever" : Moment(fallout.since_micros())));
  for (const auto& patient : fallout.affected()) {
    lines.push_back(absl::StrCat("  affected: ", PatientKey(patient)));
  }
  lines.push_back(absl::StrCat("worklist: ", fallout.filed_size(), " items filed since",
                               Yes(fallout.filed_truncated(), ", and more")));
  for (const exchange::v1::FiledItem& item : fallout.filed()) {
    lines.push_back(absl::StrCat("  ", Moment(item.recorded_micros()), "  ", item.member(), "  ",
                                 PatientKey(item.patient()), "  ", item.id(), "  ", item.title()));
  }
  lines.push_back(absl::StrCat("recall: ", fallout.recalls_size(), " members received since",
                               Yes(fallout.recalls_truncated(), ", perhaps more before")));
  for (const exchange::v1::Recall& recall : fallout.recalls()) {
    lines.push_back(
        absl::StrCat("  ", recall.member(), "  ", recall.item_ids_size(), " items, last ",
                     Moment(recall.last_release_micros()), "  ",
                     recall.acknowledged_micros() == 0
                         ? "noticed"
                         : absl::StrCat("acknowledged ", Moment(recall.acknowledged_micros()),
                                        " by ", recall.acknowledged_by())));
  }
  return lines;
}

std::vector<std::string> HistoryLines(const mpi::v1::GetRecordHistoryResponse& history) {
  std::vector<std::string> lines = {
      absl::StrCat(PatientKey(history.patient()), " is of person ", history.eid())};
  for (const mpi::v1::RecordVersion& version : history.versions()) {
    lines.push_back(absl::StrCat(
        version.version() == 0 ? "late" : absl::StrCat("version ", version.version()), "  ",
        Moment(version.recorded_micros()), "  ", PersonLine(version.demographics())));
  }
  for (const mpi::v1::RecordDecision& decision : history.decisions()) {
    lines.push_back(absl::StrCat("decided with ", PatientKey(decision.other()), ": ",
                                 DecisionWords(decision.decision())));
  }
  for (const mpi::v1::Task& task : history.tasks()) {
    lines.push_back(absl::StrCat("open task ", task.task(), ": ",
                                 Words(mpi::v1::TaskKind_Name(task.kind()), "TASK_KIND_")));
  }
  for (const mpi::v1::LinkEvent& event : history.events()) {
    for (std::string& line : EventLines(event)) lines.push_back(std::move(line));
  }
  return lines;
}

Rows GoldenRows(const mpi::v1::GetGoldenViewResponse& view) {
  Rows rows = {{"field", "value", "sources", "dissenting"}};
  for (const mpi::v1::GoldenField& field : view.fields()) {
    rows.push_back({field.field(), field.value(),
                    absl::StrJoin(field.sources(), ", ",
                                  [](std::string* out, const auto& source) {
                                    absl::StrAppend(out, PatientKey(source));
                                  }),
                    field.dissenting() == 0 ? "" : absl::StrCat(field.dissenting())});
  }
  return rows;
}

Rows RecallRows(const google::protobuf::RepeatedPtrField<exchange::v1::RecallNotice>& notices) {
  Rows rows = {{"event", "member", "items", "noticed", "acknowledged", "by"}};
  for (const exchange::v1::RecallNotice& notice : notices) {
    rows.push_back({absl::StrCat(notice.sequence()), notice.member(),
                    absl::StrCat(notice.item_ids_size()), Moment(notice.noticed_micros()),
                    Moment(notice.acknowledged_micros()), notice.acknowledged_by()});
  }
  return rows;
}

Rows ModelRows(const google::protobuf::RepeatedPtrField<mpi::v1::StoredModel>& models) {
  Rows rows = {{"", "name", "hash", "calibrated", "population", "stored", "by"}};
  for (const mpi::v1::StoredModel& model : models) {
    rows.push_back({model.active() ? "*" : "", model.name(),
                    model.hash().empty() ? "(shipped)" : model.hash(),
                    Yes(model.calibrated(), "yes"), absl::StrCat(model.population()),
                    Moment(model.put_micros()), model.put_by()});
  }
  return rows;
}

Rows ActivationRows(const google::protobuf::RepeatedPtrField<mpi::v1::ModelActivation>& log) {
  Rows rows = {{"event", "when", "model", "", "by", "why"}};
  for (const mpi::v1::ModelActivation& one : log) {
    rows.push_back({absl::StrCat(one.sequence()), Moment(one.activated_micros()),
                    ShortHash(one.hash()), Yes(one.rolled_back(), "rolled back"), one.actor(),
                    one.reason()});
  }
  return rows;
}

std::vector<std::string> TrainLines(const mpi::v1::TrainResult& result) {
  std::vector<std::string> lines = {
      absl::StrCat("stored: ", result.model().name(), "  ", result.model().hash()),
      absl::StrFormat("%d of %d records, %d pairs that share a key, %d random pairs",
                      result.records(), result.index_records(), result.blocked_pairs(),
                      result.random_pairs()),
      absl::StrFormat("%d matches expected, %.1f %% of them share a key", result.expected_matches(),
                      result.expected_recall_permille() / 10.0)};
  for (const std::string& warning : result.warnings()) {
    lines.push_back(absl::StrCat("doubtful: ", warning));
  }
  lines.emplace_back("not active yet: `hiectl mpi model simulate`, then `activate`");
  return lines;
}

std::vector<std::string> SimulateLines(const mpi::v1::SimulateResult& result) {
  std::vector<std::string> lines = {
      absl::StrCat(result.model_now(), " -> ", result.model_then()),
      absl::StrFormat("%d of %d records, %d persons of which %d drawn", result.records(),
                      result.index_records(), result.persons(), result.persons_drawn())};
  AddChange("from the index as it is", result.from_index(), lines);
  AddChange("by the model alone", result.from_model(), lines);
  lines.push_back(absl::StrFormat("queue: %d open now; grouped anew %d now, %d then",
                                  result.queue_open(), result.queue_now(), result.queue_then()));
  lines.push_back(
      absl::StrFormat("ids: %d would be retired, %d would redirect; %d records would change theirs",
                      result.eids_retired(), result.eids_redirected(), result.records_moved()));
  lines.push_back(
      absl::StrFormat("decisions that it would not make: %d same, %d different (they hold)",
                      result.must_links_against(), result.cannot_links_against()));
  return lines;
}

std::vector<std::string> ScrubLines(const mpi::v1::ScrubResult& result) {
  std::vector<std::string> lines = {
      absl::StrFormat("%d records, %d persons, %d filings read, as of %d", result.records(),
                      result.persons(), result.filings(), result.sequence())};
  for (const mpi::v1::ScrubFault& fault : result.faults()) {
    lines.push_back(absl::StrCat(fault.count(), "  ", fault.fault()));
  }
  if (result.faults().empty()) lines.emplace_back("everything is as it should be");
  return lines;
}

std::vector<std::string> MonitorLines(const mpi::v1::Monitors& monitors) {
  std::vector<std::string> lines = {
      absl::StrCat("model ", monitors.model(), " (", ShortHash(monitors.model_hash()), ")"),
      absl::StrFormat("%d records, %d persons", monitors.records(), monitors.persons()),
      absl::StrFormat("links: %d made, %d expected", monitors.linked_pairs(),
                      monitors.expected_pairs()),
      absl::StrCat("queue: ", monitors.tasks_open(), " open",
                   monitors.oldest_task_micros() == 0
                       ? ""
                       : absl::StrCat(", oldest of ", Moment(monitors.oldest_task_micros()))),
      absl::StrFormat("%d keys that more records hold than a match walks",
                      monitors.heavy_key_count())};
  for (const mpi::v1::HeavyKey& key : monitors.heavy_keys()) {
    lines.push_back(absl::StrFormat("  %016x  %s  %d records", key.key(),
                                    key.type().empty() ? "?" : key.type(), key.records()));
  }
  return lines;
}

Rows MonitorRows(const mpi::v1::Monitors& monitors) {
  Rows rows = {{"source", "records", "field", "level", "linked", "m", "random", "u", "missing"}};
  for (const mpi::v1::SourceMonitor& source : monitors.sources()) {
    for (const mpi::v1::LevelRate& rate : source.levels()) {
      const bool odd = Differs(rate.linked_ppm(), rate.model_m_ppm()) ||
                       Differs(rate.random_ppm(), rate.model_u_ppm());
      if (!odd) continue;
      rows.push_back({source.assigning_authority(), absl::StrCat(source.records()), rate.field(),
                      rate.level(), Percent(rate.linked_ppm()), Percent(rate.model_m_ppm()),
                      Percent(rate.random_ppm()), Percent(rate.model_u_ppm()), ""});
    }
    for (const mpi::v1::MissingRate& missing : source.missing()) {
      if (missing.missing_ppm() < kPpmMin) continue;
      rows.push_back({source.assigning_authority(), absl::StrCat(source.records()), missing.field(),
                      "", "", "", "", "", Percent(missing.missing_ppm())});
    }
  }
  return rows;
}

matching::Waterfall ToWaterfall(const mpi::v1::ExplainLinkResponse& why) {
  matching::Waterfall waterfall;
  const bool household = why.household_millibits() < why.stranger_millibits();
  waterfall.title = "why the record is linked";
  waterfall.subtitle =
      absl::StrCat("model ", why.model(), "; held against ",
                   household ? "two members of one household" : "two strangers",
                   why.replays() ? "" : "; the model does not give these weights any more");
  waterfall.prior = why.weight_millibits();
  for (const mpi::v1::FieldWeight& field : why.fields()) {
    waterfall.prior -= field.weight_millibits();
    if (field.level() == "missing" && field.weight_millibits() == 0) continue;
    waterfall.steps.push_back(
        {field.field(), field.level(), Chance(field.value_chance()), field.weight_millibits()});
  }
  waterfall.verdict = "link";
  waterfall.vetoes.assign(why.vetoes().begin(), why.vetoes().end());
  return waterfall;
}

Rows WaterfallRows(const matching::Waterfall& waterfall) {
  Rows rows = {{"step", "level", "value", "weight", "sum"}};
  int32_t sum = waterfall.prior;
  rows.push_back({"prior", "", "", Bits(waterfall.prior), Bits(sum)});
  for (const matching::WaterfallStep& step : waterfall.steps) {
    sum += step.weight;
    rows.push_back({step.name, step.level, step.remark, Bits(step.weight), Bits(sum)});
  }
  return rows;
}

}  // namespace hie::ctl
