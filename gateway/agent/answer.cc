#include "gateway/agent/answer.h"

#include <algorithm>
#include <set>

namespace hie::agent {
namespace {

bool IsWanted(const SourceResource& resource, const std::vector<ClinicalClass>& classes) {
  return classes.empty() ||
         std::find(classes.begin(), classes.end(), *resource.clinical_class) != classes.end();
}

class Selection {
 public:
  void Add(const SourceResource* resource) {
    if (seen_.insert(resource).second) resources_.push_back(resource);
  }
  void AddOfType(absl::string_view type, const SourceResource* resource) {
    if (resource != nullptr && resource->type == type) Add(resource);
  }
  std::vector<const SourceResource*> Take() { return std::move(resources_); }

 private:
  std::set<const SourceResource*> seen_;
  std::vector<const SourceResource*> resources_;
};

}  // namespace

Answer SelectAnswer(const RecordIndex& index, const std::string& domain,
                    const LocalPatient& patient, const std::vector<ClinicalClass>& classes) {
  if (patient.assigning_authority != domain) return {AnswerState::kPatientUnknown, {}};
  const PatientRecord* record = index.Find(patient.id.value());
  if (record == nullptr) {
    return {index.HasUnreadableFile() ? AnswerState::kFailed : AnswerState::kPatientUnknown, {}};
  }
  if (record->patients.empty()) return {AnswerState::kFailed, {}};
  Selection selection;
  for (const SourceResource* resource : record->patients) selection.Add(resource);
  std::vector<const SourceResource*> selected;
  for (const SourceResource* resource : record->resources) {
    if (IsWanted(*resource, classes)) selected.push_back(resource);
  }
  for (const SourceResource* resource : selected) selection.Add(resource);
  for (const SourceResource* resource : selected) {
    selection.AddOfType("Encounter", index.Resolve(*resource, resource->encounter));
    selection.AddOfType("Medication", index.Resolve(*resource, resource->medication));
  }
  return {record->partial ? AnswerState::kPartial : AnswerState::kComplete, selection.Take()};
}

std::vector<std::vector<const SourceResource*>> Chunked(
    const std::vector<const SourceResource*>& resources, size_t bytes_max) {
  std::vector<std::vector<const SourceResource*>> chunks;
  size_t bytes = 0;
  for (const SourceResource* resource : resources) {
    if (chunks.empty() || bytes + resource->json.size() > bytes_max) {
      chunks.emplace_back();
      bytes = 0;
    }
    bytes += resource->json.size();
    chunks.back().push_back(resource);
  }
  return chunks;
}

}  // namespace hie::agent
