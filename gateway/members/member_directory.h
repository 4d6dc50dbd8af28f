#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/member/member.h"

namespace hie::members {

// What the place of an item says about its labels: the arguments of LabelItem.
struct PlaceLabels {
  SensitivitySet place;  // Of facility and unit together; Part 2 units include kPart2.
  std::vector<RegimeAttestation> facility;
  std::vector<RegimeAttestation> unit;
};

// A client certificate that a member registered.
struct RegisteredCertificate {
  const Member* member = nullptr;
  const MemberKey* key = nullptr;  // Look at `revoked`.
};

// A backend client and whose it is.
struct RegisteredClient {
  const Member* member = nullptr;
  const ApiClient* client = nullptr;  // Look at `revoked`.
};

// A source of HL7 v2 messages and whose it is.
struct RegisteredSource {
  const Member* member = nullptr;
  const Hl7Source* source = nullptr;
};

// The exchange's members at one version of the directory.
//
// Immutable, thread-safe.  Pointers live as long as it does.  Lookups are O(1) except where told.
class MemberDirectory {
 public:
  // INVALID_ARGUMENT: two members claim the same id, domain, facility, certificate, client or
  // source.
  static absl::StatusOr<std::shared_ptr<const MemberDirectory>> Build(uint64_t version,
                                                                      std::vector<Member> members);
  MemberDirectory(const MemberDirectory&) = delete;
  MemberDirectory& operator=(const MemberDirectory&) = delete;

  uint64_t version() const { return version_; }
  // Ordered as the directory gave them: by id.
  const std::vector<Member>& members() const { return members_; }

  // Each returns null where there is none.
  const Member* FindMember(const MemberId& id) const;
  // The member that owns a patient-id domain (OID).
  const Member* FindByDomain(absl::string_view oid) const;
  const PatientIdDomain* FindDomain(absl::string_view oid) const;
  // A domain of `member` by OID or namespace alias, as MSH and PID name it.  Linear in the member's
  // domains.
  const PatientIdDomain* FindDomain(const MemberId& member, absl::string_view name) const;
  // A key of that very member, revoked or not.  Linear in the member's keys.
  const MemberKey* FindKey(const MemberId& member, absl::string_view key_id, KeyUse use) const;
  // The certificate with this SPKI SHA-256 (lower-case hex); its fields are null where unknown.
  RegisteredCertificate FindCertificate(absl::string_view spki_sha256) const;
  // The backend client with this id, revoked or not; its fields are null where there is none.
  RegisteredClient FindClient(absl::string_view client_id) const;
  // Where a message with this MSH-3 and MSH-4 comes from: the source of that very application, else
  // the one that takes any of the facility.  Letter case counts.  Null where there is none.
  RegisteredSource FindHl7Source(absl::string_view application, absl::string_view facility) const;
  // A facility of `member` by id or alias; "" is its only facility, where it has one only.  Linear
  // in the member's facilities.
  const MemberFacility* FindFacility(const MemberId& member, absl::string_view name) const;

  // What an item's place says.  A unit that is not registered has the facility's rules.  A facility
  // that is not known says nothing: every label that the item lacks is then unknown, not absent.
  PlaceLabels LabelsOfPlace(const MemberId& member, absl::string_view facility,
                            absl::string_view unit) const;

  // The id as the domain writes it (hie::NormaliseLocalId).  NOT_FOUND: no such domain.
  absl::StatusOr<std::string> NormaliseLocalId(absl::string_view domain_oid,
                                               absl::string_view id) const;

 private:
  MemberDirectory(uint64_t version, std::vector<Member> members)
      : version_(version), members_(std::move(members)) {}
  absl::Status Index();
  absl::Status IndexMember(size_t at);
  absl::Status IndexClientsAndSources(size_t at);

  struct Place {
    size_t member;
    size_t index;  // Of the domain, key, client or source within the member.
  };

  uint64_t version_;
  std::vector<Member> members_;
  absl::flat_hash_map<std::string, size_t> by_id_;
  absl::flat_hash_map<std::string, Place> by_domain_;
  absl::flat_hash_map<std::string, Place> by_certificate_;
  absl::flat_hash_map<std::string, Place> by_client_;
  absl::flat_hash_map<std::pair<std::string, std::string>, Place> by_source_;
};

// A directory and when it was confirmed to be the newest.
struct DirectoryReading {
  std::shared_ptr<const MemberDirectory> directory;  // Null: never read.
  absl::Time confirmed = absl::InfinitePast();
};

// Where the gateway takes the directory from.  Thread-safe; does not block.
class MemberDirectorySource {
 public:
  virtual ~MemberDirectorySource() = default;
  virtual DirectoryReading Current() const = 0;
};

// A directory that stays: for tools and tests.
class FixedMemberDirectory final : public MemberDirectorySource {
 public:
  explicit FixedMemberDirectory(DirectoryReading reading) : reading_(std::move(reading)) {}
  DirectoryReading Current() const override { return reading_; }

 private:
  DirectoryReading reading_;
};

}  // namespace hie::members
