#include "services/common/rpc/status_mapping.h"

#include "absl/strings/str_cat.h"

namespace hie::rpc {

absl::StatusCode OutwardCode(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnknown ? absl::StatusCode::kInternal : status.code();
}

grpc::Status ToGrpc(const absl::Status& status, const std::string& request_id) {
  if (status.ok()) return grpc::Status::OK;
  const absl::StatusCode code = OutwardCode(status);
  if (code == absl::StatusCode::kInternal) {
    return {grpc::StatusCode::INTERNAL, absl::StrCat("internal error, request ", request_id)};
  }
  return {static_cast<grpc::StatusCode>(code), std::string(status.message())};
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const int number = static_cast<int>(status.error_code());
  const bool known = number > 0 && number <= static_cast<int>(grpc::StatusCode::UNAUTHENTICATED) &&
                     number != static_cast<int>(grpc::StatusCode::UNKNOWN);
  const auto code = known ? static_cast<absl::StatusCode>(number) : absl::StatusCode::kInternal;
  return absl::Status(code, status.error_message());
}

}  // namespace hie::rpc
