#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <string>

#include "hie/common/v1/patient.pb.h"
#include "hie/mpi/v1/mpi.pb.h"

// How values are shown to people, the same in every command.
namespace hie::ctl {

// "24.3 bit".
std::string Bits(int32_t millibits);

// "Jane Q Smith JR, female, born 1980-03-05".
std::string PersonLine(const common::v1::Demographics& demographics);

// "family exact +9.1, birth_date exact +12.0, sex exact +1.0": strongest first, missing left out.
std::string WhyLine(const google::protobuf::RepeatedPtrField<mpi::v1::FieldWeight>& fields);

// "2026-11-22 16:20:05" in UTC; "" for 0.
std::string Moment(int64_t micros);

// A value's short name in lower case: "ACTION_LOCATE" is "locate".
std::string ShortName(const std::string& value_name, const std::string& prefix);

}  // namespace hie::ctl
