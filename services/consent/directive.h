#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "services/common/base/strong_id.h"
#include "services/common/labels/access.h"
#include "services/common/labels/sensitivity.h"
#include "services/common/patient/local_patient.h"

// What a person wishes: values only.  They are PHI and do not print.
namespace hie::consent {

// Which law rules an item, and so which instrument an agreement must be.  Values equal
// hie.consent.v1.Instrument.
enum class Regime {
  kGeneral = 1,   // Rules every item.
  kPart2 = 2,     // 42 CFR Part 2.
  kPsyNotes = 3,  // Psychotherapy notes.
  kHiv = 4,       // State law on HIV.
  kResearch = 5,  // Rules every item that is asked for research.
};
inline constexpr Regime kRegimes[] = {Regime::kGeneral, Regime::kPart2, Regime::kPsyNotes,
                                      Regime::kHiv, Regime::kResearch};

enum class Effect { kNone, kPermit, kDeny };

// Whether break-glass may override a denial; kInherit: as the nearest node above says, at last the
// directive, at last kAllowOverride.
enum class Emergency { kInherit, kAllowOverride, kForbidOverride };

// Values equal hie.consent.v1.DirectiveStatus.
enum class DirectiveStatus { kActive = 1, kSuperseded = 2, kRevoked = 3, kEnteredInError = 4 };

// What may be done with an item.  Values equal hie.consent.v1.Action.
enum class Action { kLocate = 1, kRetrieve = 2 };

// Who may receive; an empty part means any.  Not all parts are empty.
struct Recipient {
  std::string member;
  std::string user;
  std::string role;
  friend bool operator==(const Recipient&, const Recipient&) = default;
};

// A node applies where every criterion matches; an empty criterion matches everything.
struct Match {
  std::vector<Purpose> purposes;
  std::vector<Action> actions;
  std::vector<Recipient> recipients;
  std::vector<std::string> custodians;
  std::vector<std::string> facilities;
  std::vector<ClinicalClass> classes;
  SensitivitySet sensitivities;  // Any of.
  // Among the sensitivities stood one that is not in the vocabulary: whether the criterion matches
  // is unknown wherever the readable ones do not match.
  bool unreadable_sensitivity = false;
  Confidentiality confidentiality_min =
      Confidentiality::kUnspecified;    // At least; unspecified any.
  std::optional<ServicePeriod> period;  // Must overlap.
};

// A rule and the exceptions to it.  The effect of an exception is the opposite of its parent's.
struct RuleNode {
  Match match;
  Effect effect = Effect::kDeny;
  Emergency emergency = Emergency::kInherit;
  std::vector<RuleNode> exceptions;
};

// One version of one recorded wish.
struct Directive {
  std::string id;
  uint64_t version = 1;
  LocalPatient subject;
  std::vector<Regime> instruments;
  DirectiveStatus status = DirectiveStatus::kActive;
  absl::Time valid_from = absl::InfinitePast();
  absl::Time valid_to = absl::InfiniteFuture();
  std::optional<absl::Time> signed_at;  // Nothing: unknown.
  Effect base = Effect::kNone;          // Where no rule applies.
  std::vector<RuleNode> rules;          // Each is a root of its own; order never matters.
  Emergency emergency = Emergency::kInherit;
  // Its capture could not understand something that is not in the tree.
  bool declared_opaque = false;
};

// How sure it is that a directive's subject is the person who is asked about.
enum class Link { kCertain, kPossible };

struct LinkedDirective {
  Directive directive;
  Link link = Link::kCertain;
};

}  // namespace hie::consent
