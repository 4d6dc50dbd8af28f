#include "services/registry/naive_registry.h"

#include <algorithm>
#include <tuple>

#include "services/common/base/status_macros.h"
#include "services/common/wire/wire.h"
#include "services/registry/refusal.h"
#include "services/registry/registry_wire.h"

namespace hie::registry {
namespace {

absl::Status Refuse(absl::StatusCode code, absl::string_view word) {
  return absl::Status(code, word);
}

bool StandsForItself(const DocumentEntry& document) { return !ReplacedUniqueId(document).empty(); }

template <typename Request>
std::vector<LocalPatient> PatientsOf(const Request& request) {
  return *FromProto(request.patients(), "patients");
}

}  // namespace

absl::StatusOr<v1::SubmitResponse> NaiveRegistry::Submit(const v1::SubmitRequest& request,
                                                         absl::Time now) {
  v1::SubmitRequest body = request;
  body.clear_same_person();
  body.mutable_actor()->clear_request_id();
  const Key key(request.actor().member(), request.submission_id());
  if (const auto it = answered_.find(key); it != answered_.end()) {
    if (it->second.body == body.SerializeAsString()) return it->second.response;
    return absl::AlreadyExistsError("submission_id");
  }
  v1::SubmitRequest of_set;
  *of_set.mutable_submission_set() = request.submission_set();
  *of_set.mutable_documents() = request.documents();
  const Key set_key(request.submission_set().member(), request.submission_set().unique_id());
  if (request.has_submission_set() && answered_sets_.count(set_key) != 0) {
    const Answered& first = answered_sets_.at(set_key);
    if (first.body == of_set.SerializeAsString()) return first.response;
    return Refuse(absl::StatusCode::kAlreadyExists, kDuplicateUniqueId);
  }
  HIE_ASSIGN_OR_RETURN(const Submission submission, FromProto(request));
  NaiveRegistry next = *this;
  v1::SubmitResponse response;
  std::vector<Key> fresh;
  for (const DocumentEntry& document : submission.documents) {
    const bool existed = next.said_.count(KeyOf(document)) != 0;
    response.add_existed(existed);
    response.add_document_ids(EntryId(document.member, document.unique_id));
    HIE_RETURN_IF_ERROR(next.FileDocument(submission, document, now, response));
    if (!existed) fresh.push_back(KeyOf(document));
  }
  for (const Key& of : fresh) HIE_RETURN_IF_ERROR(next.Relate(submission, of, response));
  for (const Key& of : fresh) next.LinkEarlier(submission, of);
  for (const Claim& claim : submission.claims) {
    next.asserted_.push_back({{claim.patient, claim.member}, claim.state, claim.facility, now});
  }
  for (const SubmissionSet& set : submission.sets) {
    HIE_RETURN_IF_ERROR(next.FileSet(submission, set, now, response));
  }
  next.Publish(now);
  response.set_recorded_micros(wire::MicrosFromTime(now));
  next.answered_[key] = {body.SerializeAsString(), response};
  if (request.has_submission_set()) {
    next.answered_sets_[set_key] = {of_set.SerializeAsString(), response};
  }
  *this = std::move(next);
  return response;
}

absl::Status NaiveRegistry::FileDocument(const Submission& submission, DocumentEntry document,
                                         absl::Time now, v1::SubmitResponse&) {
  const auto existing = said_.find(KeyOf(document));
  LocatorKey located(document.patient, document.member);
  if (existing == said_.end()) {
    said_[KeyOf(document)] = document;
  } else {
    DocumentEntry& filed = existing->second;
    if (!AreSamePerson(submission.same_person, filed.patient, document.patient)) {
      return Refuse(absl::StatusCode::kAlreadyExists, kPatientIdDoesNotMatch);
    }
    if (filed.sha256 != document.sha256) {
      return Refuse(absl::StatusCode::kAlreadyExists, kNonIdenticalHash);
    }
    filed.status = std::max(filed.status, document.status);
    filed.availability = std::max(filed.availability, document.availability);
    Labels& labels = filed.labels;
    if (labels != document.labels) {
      const bool both = !labels.ruleset.empty() && !document.labels.ruleset.empty();
      labels.sensitivity = labels.sensitivity.With(document.labels.sensitivity);
      if (labels.confidentiality < document.labels.confidentiality) {
        labels.confidentiality = document.labels.confidentiality;
      }
      if (both) {
        const SensitivitySet unknown = SensitivitySet::All().Without(document.labels.known);
        labels.known = labels.known.Without(unknown);
      }
      labels.known = labels.known.With(labels.sensitivity);
    }
    located.first = filed.patient;
  }
  if (document.status != DocumentStatus::kEnteredInError) {
    asserted_.push_back({located, LocatorState::kVerified, document.facility, now});
  }
  return absl::OkStatus();
}

// A document is on a circle if following what is replaced leads back to it.
bool NaiveRegistry::IsOnACircle(const Key& key) const {
  std::set<Key> reached;
  bool grew = true;
  const auto reach_from = [&](const DocumentEntry& document) {
    for (const Relation& relation : document.relations) {
      if (relation.kind != RelationKind::kReplaces) continue;
      grew |= reached.emplace(document.member.value(), relation.target_unique_id).second;
    }
  };
  reach_from(said_.at(key));
  while (grew) {
    grew = false;
    for (const Key& at : std::set<Key>(reached)) {
      if (said_.count(at) != 0) reach_from(said_.at(at));
    }
  }
  return reached.count(key) != 0;
}

absl::Status NaiveRegistry::Relate(const Submission& submission, const Key& key,
                                   v1::SubmitResponse& response) {
  const DocumentEntry& document = said_.at(key);
  if (document.relations.empty()) return absl::OkStatus();
  const bool is_target = std::any_of(related_.begin(), related_.end(), [&](const Key& by) {
    const std::vector<Relation>& relations = said_.at(by).relations;
    return by.first == key.first &&
           std::any_of(relations.begin(), relations.end(),
                       [&](const Relation& r) { return r.target_unique_id == key.second; });
  });
  if (is_target && IsOnACircle(key)) return absl::FailedPreconditionError("documents[");
  const bool strict = submission.relation_policy == RelationPolicy::kRefuse;
  std::set<std::pair<Key, Key>> links;
  for (const Relation& relation : document.relations) {
    const Key to(key.first, relation.target_unique_id);
    const auto target = said_.find(to);
    if (target == said_.end()) {
      if (strict) return Refuse(absl::StatusCode::kNotFound, kUnresolvedReference);
      const absl::string_view word =
          relation.kind == RelationKind::kReplaces     ? kPartialReplace
          : relation.kind == RelationKind::kTransforms ? kPartialTransform
          : relation.kind == RelationKind::kAppends    ? kPartialAppend
                                                       : kUnresolvedReference;
      const auto& warned = response.warnings();
      if (std::find(warned.begin(), warned.end(), word) == warned.end()) {
        response.add_warnings(std::string(word));
      }
      continue;
    }
    if (!AreSamePerson(submission.same_person, document.patient, target->second.patient)) {
      return Refuse(absl::StatusCode::kFailedPrecondition, kPatientIdDoesNotMatch);
    }
    if (strict && relation.kind != RelationKind::kSigns &&
        StatusOf(to) != DocumentStatus::kCurrent) {
      return Refuse(absl::StatusCode::kFailedPrecondition, kDeprecatedDocument);
    }
    links.emplace(key, to);
  }
  related_.insert(key);
  links_.insert(links.begin(), links.end());
  return absl::OkStatus();
}

void NaiveRegistry::LinkEarlier(const Submission& submission, const Key& key) {
  for (const Key& by : related_) {
    if (by.first != key.first) continue;
    for (const Relation& relation : said_.at(by).relations) {
      if (relation.target_unique_id != key.second) continue;
      if (AreSamePerson(submission.same_person, said_.at(by).patient, said_.at(key).patient)) {
        links_.emplace(by, key);
      }
    }
  }
}

// The least fixpoint: who is replaced, and whoever depends on who is.
bool NaiveRegistry::IsReplaced(const Key& key) const {
  std::set<Key> replaced;
  bool grew = true;
  while (grew) {
    grew = false;
    for (const auto& [by, to] : links_) {
      for (const Relation& relation : said_.at(by).relations) {
        if (relation.target_unique_id != to.second) continue;
        if (relation.kind == RelationKind::kReplaces) grew |= replaced.insert(to).second;
        const bool depends =
            relation.kind == RelationKind::kAppends || relation.kind == RelationKind::kTransforms;
        if (depends && !StandsForItself(said_.at(by)) && replaced.count(to) != 0) {
          grew |= replaced.insert(by).second;
        }
      }
    }
  }
  return replaced.count(key) != 0;
}

DocumentStatus NaiveRegistry::StatusOf(const Key& key) const {
  const DocumentStatus said = said_.at(key).status;
  return IsReplaced(key) ? std::max(said, DocumentStatus::kSuperseded) : said;
}

absl::Status NaiveRegistry::FileSet(const Submission& submission, SubmissionSet set, absl::Time now,
                                    v1::SubmitResponse& response) {
  std::vector<std::string> ids(response.document_ids().begin(), response.document_ids().end());
  ids.insert(ids.end(), set.document_ids.begin(), set.document_ids.end());
  set.document_ids.clear();
  for (const std::string& id : ids) {
    const auto listed = set.document_ids;
    if (std::find(listed.begin(), listed.end(), id) != listed.end()) continue;
    set.document_ids.push_back(id);
  }
  for (const std::string& id : set.document_ids) {
    const auto found = std::find_if(said_.begin(), said_.end(), [&](const auto& entry) {
      return EntryId(entry.second.member, entry.second.unique_id) == id;
    });
    if (found == said_.end() || found->second.member != set.member) {
      return Refuse(absl::StatusCode::kNotFound, kUnresolvedReference);
    }
    if (!AreSamePerson(submission.same_person, found->second.patient, set.patient)) {
      return Refuse(absl::StatusCode::kFailedPrecondition, kPatientIdDoesNotMatch);
    }
  }
  set.id = SubmissionSetId(set.member, set.unique_id);
  set.recorded = now;
  response.set_submission_set_id(set.id);
  sets_.push_back(std::move(set));
  return absl::OkStatus();
}

void NaiveRegistry::Publish(absl::Time now) {
  for (const auto& [key, said] : said_) {
    DocumentEntry document = said;
    document.id = EntryId(document.member, document.unique_id);
    document.status = StatusOf(key);
    for (Relation& relation : document.relations) {
      const bool linked = links_.count({key, {key.first, relation.target_unique_id}}) != 0;
      relation.linkage = linked ? Linkage::kLinked : Linkage::kUnlinked;
    }
    const auto before = shown_.find(key);
    document.version = before == shown_.end() ? 1 : before->second.version;
    document.recorded = before == shown_.end() ? now : before->second.recorded;
    if (before != shown_.end() && before->second != document) {
      ++document.version;
      document.recorded = now;
    }
    shown_[key] = std::move(document);
  }
}

absl::StatusOr<v1::SetDocumentStatusResponse> NaiveRegistry::SetStatus(
    const v1::SetDocumentStatusRequest& request, absl::Time now) {
  const Key key(request.member(), request.unique_id());
  if (said_.count(key) == 0) return absl::NotFoundError("unique_id");
  const auto status = static_cast<DocumentStatus>(request.status());
  if (status < StatusOf(key)) return absl::FailedPreconditionError("status");
  said_[key].status = std::max(said_[key].status, status);
  if (status == DocumentStatus::kCurrent) said_[key].availability = Availability::kListed;
  Publish(now);
  v1::SetDocumentStatusResponse response;
  *response.mutable_document() = ToProto(shown_.at(key));
  return response;
}

v1::FindResponse NaiveRegistry::Find(const v1::FindRequest& request) const {
  const std::vector<LocalPatient> patients = PatientsOf(request);
  std::vector<DocumentEntry> found;
  for (const auto& [key, document] : shown_) {
    if (std::count(patients.begin(), patients.end(), document.patient) == 0) continue;
    if (document.availability == Availability::kWithheld) continue;
    if (request.current_only() && document.status != DocumentStatus::kCurrent) continue;
    found.push_back(document);
  }
  std::sort(found.begin(), found.end(), [](const DocumentEntry& a, const DocumentEntry& b) {
    return a.created != b.created ? a.created > b.created : a.id < b.id;
  });
  v1::FindResponse response;
  for (const auto& [key, locator] : Locators()) {
    if (std::count(patients.begin(), patients.end(), key.first) == 0) continue;
    *response.add_locators() = ToProto(locator);
  }
  response.set_truncated(found.size() > request.limit());
  found.resize(std::min<size_t>(found.size(), request.limit()));
  for (const DocumentEntry& document : found) *response.add_documents() = ToProto(document);
  return response;
}

v1::FindSubmissionSetsResponse NaiveRegistry::FindSets(
    const v1::FindSubmissionSetsRequest& request) const {
  const std::vector<LocalPatient> patients = PatientsOf(request);
  std::vector<SubmissionSet> found;
  for (const SubmissionSet& set : sets_) {
    if (std::count(patients.begin(), patients.end(), set.patient) != 0) found.push_back(set);
  }
  const auto time = [](const SubmissionSet& set) {
    return set.submitted == absl::InfinitePast() ? set.recorded : set.submitted;
  };
  std::sort(found.begin(), found.end(), [&](const SubmissionSet& a, const SubmissionSet& b) {
    return time(a) != time(b) ? time(a) > time(b) : a.id < b.id;
  });
  v1::FindSubmissionSetsResponse response;
  response.set_truncated(found.size() > request.limit());
  found.resize(std::min<size_t>(found.size(), request.limit()));
  for (const SubmissionSet& set : found) *response.add_sets() = ToProto(set);
  return response;
}

std::map<LocatorKey, LocatorEntry> NaiveRegistry::Locators() const {
  std::map<LocatorKey, LocatorEntry> locators;
  for (const Asserted& asserted : asserted_) {
    LocatorEntry& locator = locators[asserted.key];
    locator.state = std::max(locator.state, asserted.state);
    locator.asserted = asserted.when;
    if (!asserted.facility.empty()) locator.facilities.insert(asserted.facility);
  }
  for (const auto& [key, document] : shown_) {
    if (!Counts(document)) continue;
    LocatorEntry& locator = locators[{document.patient, document.member}];
    ++locator.documents;
    locator.newest = std::max(locator.newest, document.created);
  }
  for (auto& [key, locator] : locators) std::tie(locator.patient, locator.member) = key;
  return locators;
}

}  // namespace hie::registry
