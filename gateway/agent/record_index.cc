#include "gateway/agent/record_index.h"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gateway/agent/source_files.h"
#include "gateway/cda/document_metadata.h"
#include "gateway/members/fhir_element.h"
#include "gateway/members/fhir_patient.h"
#include "gateway/members/fhir_time.h"

namespace hie::agent {
namespace {

std::vector<std::string> ReferencesOf(const SourceResource& resource) {
  std::vector<std::string> references;
  if (!resource.full_url.empty()) references.push_back(resource.full_url);
  if (resource.id.empty()) return references;
  references.push_back(absl::StrCat(resource.type, "/", resource.id));
  references.push_back(absl::StrCat("urn:uuid:", resource.id));
  return references;
}

absl::Time UpdatedAt(const SourceResource& resource) {
  const auto time = members::ParseFhirTime(resource.updated);
  return time ? time->from : absl::InfinitePast();
}

// The ids that a Patient resource has in `domain`.
std::vector<std::string> LocalIds(const Demographics& demographics, const std::string& domain) {
  std::vector<std::string> ids;
  for (const PatientIdentifier& identifier : demographics.identifiers) {
    if (identifier.system == domain) ids.push_back(identifier.value);
  }
  return ids;
}

bool SameFamilyName(const Demographics& known, const Demographics& named) {
  for (const HumanName& a : known.names) {
    for (const HumanName& b : named.names) {
      if (!a.family.empty() && absl::EqualsIgnoreCase(a.family, b.family)) return true;
    }
  }
  return false;
}

// A document is the patient's by its id; name or birth date must not say otherwise both.  A family
// name changes and a date may be mistyped, but not on the same paper.
bool Contradicts(const Demographics& known, const Demographics& named) {
  const bool dates_differ =
      known.birth_date && named.birth_date && *known.birth_date != *named.birth_date;
  if (known.names.empty() || named.names.empty()) return dates_differ;
  return !SameFamilyName(known, named) && (dates_differ || !known.birth_date);
}

}  // namespace

class IndexBuilder {
 public:
  IndexBuilder(const std::string& domain, const ContentLookup& content)
      : domain_(domain), content_(content), index_(std::make_shared<RecordIndex>()) {}

  std::shared_ptr<const RecordIndex> Build(std::vector<std::shared_ptr<const ParsedFile>> files) {
    index_->files_ = std::move(files);
    IndexReferences();
    AddPatients();
    AddResources();
    for (const auto& file : index_->files_) AddCda(*file);
    MarkBroken();
    return std::move(index_);
  }

 private:
  void Warn(const ParsedFile& file, absl::string_view what) {
    index_->warnings_.push_back(absl::StrCat("file ", FileTag(file.path), ": ", what));
  }

  void IndexReferences() {
    index_->by_file_.resize(index_->files_.size());
    for (size_t i = 0; i < index_->files_.size(); ++i) {
      for (const SourceResource& resource : index_->files_[i]->resources) {
        index_->file_of_[&resource] = i;
        for (const std::string& reference : ReferencesOf(resource)) {
          index_->by_file_[i].emplace(reference, &resource);
          index_->by_reference_.emplace(reference, &resource);
        }
      }
    }
  }

  // All resources: the latest version of each type and id, in order of file and place.
  std::vector<const SourceResource*> LatestOf(bool (*wanted)(const SourceResource&)) {
    std::map<std::pair<std::string, std::string>, size_t> place;
    std::vector<const SourceResource*> out;
    for (const auto& file : index_->files_) {
      for (const SourceResource& resource : file->resources) {
        if (!wanted(resource)) continue;
        if (resource.id.empty()) {
          out.push_back(&resource);
          continue;
        }
        const auto [known, is_new] =
            place.emplace(std::make_pair(resource.type, resource.id), out.size());
        if (is_new) {
          out.push_back(&resource);
        } else if (UpdatedAt(resource) >= UpdatedAt(*out[known->second])) {
          out[known->second] = &resource;
        }
      }
    }
    return out;
  }

  void AddPatients() {
    for (const auto& file : index_->files_) {
      for (const SourceResource& resource : file->resources) {
        if (resource.type != "Patient") continue;
        const Demographics demographics = members::ReadDemographics(*resource.value);
        const std::vector<std::string> ids = LocalIds(demographics, domain_);
        if (ids.size() != 1) {
          Warn(*file, ids.empty() ? "a Patient has no identifier of the domain; not served"
                                  : "a Patient has several identifiers of the domain; not served");
          continue;
        }
        local_id_[&resource] = ids[0];
        AddPatient(resource, demographics, ids[0]);
      }
    }
  }

  // Several files may repeat the Patient; equal ones are answered once, the latest leads.
  void AddPatient(const SourceResource& resource, const Demographics& demographics,
                  const std::string& id) {
    PatientRecord& record = index_->patients_[id];
    for (const SourceResource* known : record.patients) {
      if (known->json == resource.json && known->full_url == resource.full_url) return;
    }
    const bool latest =
        record.patients.empty() || UpdatedAt(resource) >= UpdatedAt(*record.patients.front());
    if (latest) record.demographics = demographics;
    record.patients.insert(latest ? record.patients.begin() : record.patients.end(), &resource);
  }

  // The local id of whom a resource is about; empty: nobody who is served.
  std::string SubjectId(const SourceResource& resource) const {
    const SourceResource* patient = index_->Resolve(resource, resource.subject);
    const auto found = local_id_.find(patient);
    return found == local_id_.end() ? "" : found->second;
  }

  void AddResources() {
    for (const SourceResource* resource :
         LatestOf([](const SourceResource& r) { return r.clinical_class.has_value(); })) {
      const std::string id = SubjectId(*resource);
      if (id.empty()) {
        ++without_subject_[index_->file_of_[resource]];
        continue;
      }
      PatientRecord& record = index_->patients_[id];
      if (resource->type == "DocumentReference" && !AddDocument(*resource, id, record)) continue;
      record.resources.push_back(resource);
      if (!resource->facility.empty()) record.facilities.insert(resource->facility);
    }
    for (const auto& [file, count] : without_subject_) {
      Warn(*index_->files_[file],
           absl::StrCat(count, " resources are about no patient of the source; not served"));
    }
  }

  const ParsedFile& FileOf(const SourceResource& resource) const {
    return *index_->files_[index_->file_of_.at(&resource)];
  }

  // False: it must not be served, since its content is about somebody else.
  bool AddDocument(const SourceResource& resource, const std::string& id, PatientRecord& record) {
    const LocalPatient patient{domain_, Phi<std::string>(id), 0};
    SourceDocument document;
    document.facts = members::ReadDocument(*resource.value, patient);
    document.facility = resource.facility;
    const SourceResource* replaced = index_->Resolve(resource, document.facts.replaces);
    if (replaced != nullptr && replaced->type == "DocumentReference") {
      document.facts.replaces = members::ReadDocument(*replaced->value, patient).unique_id;
    }
    const SourceResource* encounter = index_->Resolve(resource, resource.encounter);
    if (document.facility.empty() && encounter != nullptr) document.facility = encounter->facility;
    const SourceResource* binary = index_->Resolve(resource, document.facts.url);
    if (document.facts.inline_content.empty() && binary != nullptr && binary->type == "Binary") {
      TakeBinary(*binary, document);
    } else if (document.facts.inline_content.empty()) {
      if (!TakeFile(resource, id, document)) return false;
    }
    record.documents.insert_or_assign(document.facts.unique_id, std::move(document));
    return true;
  }

  static void TakeBinary(const SourceResource& binary, SourceDocument& document) {
    // A Binary reads like the attachment of a document; only its content is taken.
    json::Value attachment = *binary.value;
    json::Value content;
    content.Set("attachment", std::move(attachment));
    json::Value shell;
    shell.Set("content", json::Value::Array({std::move(content)}));
    const members::DocumentFacts facts = members::ReadDocument(shell, LocalPatient());
    document.facts.inline_content = facts.inline_content;
    document.facts.size_bytes = facts.size_bytes;
    document.facts.sha256 = facts.sha256;
    if (document.facts.media_type.empty()) document.facts.media_type = facts.media_type;
  }

  bool TakeFile(const SourceResource& resource, const std::string& id, SourceDocument& document) {
    const std::string path = ResolveRelative(FileOf(resource).path, document.facts.url);
    if (path.empty()) return true;  // Elsewhere: the entry is served, its content is not.
    claimed_.insert(path);
    if (const ParsedFile* cda = FindFile(path); cda != nullptr && cda->cda) {
      if (!IsAbout(*cda->cda, id)) {
        Warn(*cda, "names another patient than the DocumentReference to it; not served");
        return false;
      }
    }
    const std::optional<ContentFile> file = content_(path);
    if (!file) {
      Warn(FileOf(resource), "a DocumentReference names a file that cannot be read");
      return true;
    }
    document.path = path;
    document.facts.size_bytes = file->size;
    document.facts.sha256 = file->sha256;
    return true;
  }

  const ParsedFile* FindFile(const std::string& path) const {
    for (const auto& file : index_->files_) {
      if (file->path == path) return file.get();
    }
    return nullptr;
  }

  // The document says who it is about by an id of the domain, or not at all.
  bool IsAbout(const cda::ClinicalDocument& document, const std::string& id) const {
    bool named = false;
    const Demographics& target = document.record_target.demographics;
    for (const PatientIdentifier& identifier : target.identifiers) {
      if (identifier.system != domain_) continue;
      if (identifier.value == id) named = true;
      if (identifier.value != id) return false;
    }
    const auto record = index_->patients_.find(id);
    return named ||
           (record != index_->patients_.end() && !Contradicts(record->second.demographics, target));
  }

  // A CDA document that no DocumentReference names is its own description.
  void AddCda(const ParsedFile& file) {
    if (!file.cda || claimed_.contains(file.path)) return;
    const Demographics& target = file.cda->record_target.demographics;
    std::set<std::string> ids;
    for (const PatientIdentifier& identifier : target.identifiers) {
      if (identifier.system == domain_) ids.insert(identifier.value);
    }
    const auto record =
        ids.size() == 1 ? index_->patients_.find(*ids.begin()) : index_->patients_.end();
    if (record == index_->patients_.end()) return Warn(file, "is about no patient of the source");
    if (Contradicts(record->second.demographics, target)) {
      return Warn(file, "names a person who is not the patient with this id; not served");
    }
    const std::optional<ContentFile> content = content_(file.path);
    if (!content) return Warn(file, "cannot be read");
    SourceDocument document = DocumentOf(*file.cda);
    document.path = file.path;
    document.facts.size_bytes = content->size;
    document.facts.sha256 = content->sha256;
    if (!document.facility.empty()) record->second.facilities.insert(document.facility);
    record->second.documents.emplace(document.facts.unique_id, std::move(document));
  }

  static SourceDocument DocumentOf(const cda::ClinicalDocument& header) {
    cda::DocumentMetadata metadata = cda::MetadataOf(header, {});
    SourceDocument document;
    document.facts.unique_id = std::move(metadata.unique_id);
    document.facts.type_code = std::move(metadata.type_code);
    document.facts.title = std::move(metadata.title);
    document.facts.media_type = "application/xml";
    document.facts.created = std::move(metadata.created);
    document.facts.status = "current";
    for (const cda::RelatedDocument& related : metadata.related) {
      if (related.kind == cda::ParentKind::kReplaces) document.facts.replaces = related.unique_id;
    }
    document.facts.author = std::move(metadata.author);
    if (!metadata.confidentiality.empty()) {
      document.facts.security_codes.push_back(std::move(metadata.confidentiality));
    }
    document.facility = std::move(metadata.custodian);
    return document;
  }

  void MarkBroken() {
    for (const auto& file : index_->files_) {
      if (!file->problem.empty()) Warn(*file, file->problem);
      if (file->state == FileState::kPartBroken || file->state == FileState::kBroken) {
        for (const SourceResource& resource : file->resources) MarkOwner(resource);
        for (const std::string& id : file->suspects) MarkPartial(id);
      }
      if (file->state == FileState::kBroken && file->suspects.empty()) index_->unreadable_ = true;
    }
    if (!index_->unreadable_) return;
    for (auto& [id, record] : index_->patients_) record.partial = true;
  }

  void MarkOwner(const SourceResource& resource) {
    const auto patient = local_id_.find(&resource);
    MarkPartial(patient != local_id_.end() ? patient->second : SubjectId(resource));
  }

  // A patient of whom nothing could be read is known all the same: "unknown" would be untrue.
  void MarkPartial(const std::string& id) {
    if (!id.empty()) index_->patients_[id].partial = true;
  }

  const std::string& domain_;
  const ContentLookup& content_;
  std::shared_ptr<RecordIndex> index_;
  std::map<const SourceResource*, std::string> local_id_;  // Of Patient resources.
  std::map<size_t, int> without_subject_;                  // By file.
  std::set<std::string> claimed_;                          // Files that a DocumentReference names.
};

std::shared_ptr<const RecordIndex> RecordIndex::Build(
    const std::string& domain, std::vector<std::shared_ptr<const ParsedFile>> files,
    const ContentLookup& content) {
  return IndexBuilder(domain, content).Build(std::move(files));
}

const PatientRecord* RecordIndex::Find(const std::string& id) const {
  const auto found = patients_.find(id);
  return found == patients_.end() ? nullptr : &found->second;
}

const SourceResource* RecordIndex::Resolve(const SourceResource& from,
                                           absl::string_view reference) const {
  if (reference.empty()) return nullptr;
  const auto file = file_of_.find(&from);
  if (file != file_of_.end()) {
    const auto& own = by_file_[file->second];
    if (const auto found = own.find(reference); found != own.end()) return found->second;
  }
  const auto found = by_reference_.find(reference);
  return found == by_reference_.end() ? nullptr : found->second;
}

}  // namespace hie::agent
