#pragma once

namespace hie::rpc {

// Metadata keys that calls carry.
inline constexpr char kAuthorizationKey[] = "authorization";  // `Bearer <token>`.
inline constexpr char kRequestIdKey[] = "x-request-id";
inline constexpr char kTraceparentKey[] = "traceparent";
inline constexpr char kRoleCredentialKey[] = "x-hie-role-credential";  // In process only.

}  // namespace hie::rpc
