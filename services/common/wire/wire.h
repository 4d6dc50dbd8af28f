#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "hie/common/v1/access.pb.h"
#include "hie/common/v1/patient.pb.h"
#include "services/common/labels/access.h"
#include "services/common/labels/sensitivity.h"
#include "services/common/patient/demographics.h"
#include "services/common/patient/local_patient.h"

// Between the common messages and the common values: shape is checked here, once.
//
// Every error is INVALID_ARGUMENT, `<field>: want ...`, with `field` as the prefix that the caller
// gives; it never repeats a value.
namespace hie::wire {

inline constexpr size_t kLocalIdBytesMax = 64;
inline constexpr size_t kNamesMax = 16;
inline constexpr size_t kTextBytesMax = 256;
inline constexpr size_t kRepeatedMax = 32;

// `allow_current` admits incarnation 0 ("the current holder").
enum class Incarnation { kRequired, kMayBeCurrent };

absl::StatusOr<LocalPatient> FromProto(const common::v1::LocalPatient& proto,
                                       absl::string_view field, Incarnation incarnation);
common::v1::LocalPatient ToProto(const LocalPatient& patient);

absl::StatusOr<Demographics> FromProto(const common::v1::Demographics& proto,
                                       absl::string_view field);
common::v1::Demographics ToProto(const Demographics& demographics);

absl::StatusOr<Actor> FromProto(const common::v1::Actor& proto, absl::string_view field);
common::v1::Actor ToProto(const Actor& actor);

absl::StatusOr<Labels> FromProto(const common::v1::Labels& proto, absl::string_view field);
common::v1::Labels ToProto(const Labels& labels);

absl::StatusOr<ServicePeriod> FromProto(const common::v1::ServicePeriod& proto,
                                        absl::string_view field);
common::v1::ServicePeriod ToProto(const ServicePeriod& period);

absl::StatusOr<Purpose> FromProto(common::v1::Purpose purpose, absl::string_view field);
common::v1::Purpose ToProto(Purpose purpose);

absl::StatusOr<ClinicalClass> FromProto(common::v1::ClinicalClass clinical_class,
                                        absl::string_view field);
common::v1::ClinicalClass ToProto(ClinicalClass clinical_class);

// Microseconds since the epoch, 0 for unknown or open.
absl::Time TimeFromMicros(int64_t micros, absl::Time unknown);
int64_t MicrosFromTime(absl::Time time);

}  // namespace hie::wire
