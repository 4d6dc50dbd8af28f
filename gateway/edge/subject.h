#pragma once

#include <functional>
#include <memory>
#include <variant>

#include "absl/status/statusor.h"
#include "gateway/edge/edge_services.h"
#include "gateway/exchange/person.h"
#include "gateway/exchange/query_event.h"
#include "hie/exchange/v1/exchange_service.pb.h"

namespace hie::edge {

// How a caller named a person, checked for shape.
using Subject = std::variant<LocalPatient, Demographics, EnterpriseId, exchange::AnyMemberPatient>;

// INVALID_ARGUMENT: none is set, or it has not the shape it must have.
absl::StatusOr<Subject> ReadSubject(const exchange::v1::PatientSubject& proto);

// Whose ids a caller may use.
enum class IdScope {
  kOwnMember,  // Ids of the caller's member.
  kOperator,   // The operator may use any member's.
};

// Returns the key as the directory writes it.  PERMISSION_DENIED: another member's domain.
absl::StatusOr<LocalPatient> OwnPatient(EdgeServices& services, const Actor& actor,
                                        LocalPatient patient, IdScope scope);

// Resolves a person in the patient index.  NOT_FOUND: unknown.  FAILED_PRECONDITION: not exactly
// one certain match, or an identity that is held or split.  PERMISSION_DENIED: see OwnPatient.
//
// A record of any member is decided first (place_check.h); one that the caller may not know of is
// NOT_FOUND in the words for an id that nobody has.
void ResolveSubject(EdgeServices& services, std::shared_ptr<rpc::CallContext> context,
                    const exchange::v1::PatientSubject& proto, IdScope scope,
                    Answer<exchange::Person> answer);

// Finds whose a record is, whoever asks: for what the exchange itself must know.  NOT_FOUND,
// FAILED_PRECONDITION as ResolveSubject.
void ResolveRecord(EdgeServices& services, const rpc::CallContext& context,
                   const LocalPatient& patient, Answer<exchange::Person> answer);

// What is told of a person whom nobody knows, and so of one of whom the caller may know nothing.
absl::Status UnknownPerson(const exchange::v1::PatientSubject& subject);

// The record is of the caller's member, or the caller is the operator.
bool MayAdminister(EdgeServices& services, const Actor& actor, const LocalPatient& patient);

}  // namespace hie::edge
