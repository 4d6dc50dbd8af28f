#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace hie::hied {

// The roles, in the order in which they start.
inline constexpr absl::string_view kRoles[] = {"audit",    "directory", "consent",
                                               "registry", "mpi",       "gateway"};

// What hied is told on its command line.
struct DaemonOptions {
  std::set<std::string> roles;                   // That this process hosts.
  std::string data_dir;                          // Each role's state below <data_dir>/<role>.
  std::string pki_dir;                           // As `hiectl pki init` makes it.
  std::string listen = "127.0.0.1:7400";         // Where the gateway listens.
  std::map<std::string, std::string> addresses;  // host:port of roles apart.
  std::string policy;                            // Consent policy file.
  std::string bootstrap;  // Directory seed for an empty directory; empty: none.
  std::string admin;      // host:port of /livez /readyz /metrics; empty: none.
  std::string log;        // File; empty: standard error.
  // Written when every role serves: the gateway's port, then a line `https <port>` and a line
  // `mllp <port>` for each of these doors that is open.
  std::string ready_file;
  std::string https;     // host:port of FHIR and tokens over HTTPS; empty: none.
  std::string base_url;  // Public FHIR base; empty: https://<https>/fhir.
  std::string mllp;      // host:port of plain MLLP, loopback or private network; empty: none.
  std::string mllp_tls;  // host:port of MLLP over TLS; empty: none.
  // PEM file of the authorities that members' own servers and clients' key sets are verified
  // against; empty: the system's.
  std::string member_ca;
};

// Reads "mpi,registry" or "all".  INVALID_ARGUMENT names the role that is none.
absl::StatusOr<std::set<std::string>> ParseRoles(absl::string_view text);

// Where FHIR clients find the exchange.
struct PublicUrls {
  std::string base;    // "https://gw.hie.example/fhir", without a slash at the end.
  std::string issuer;  // "https://gw.hie.example": what stands before its path.
  std::string path;    // "/fhir"
};

// INVALID_ARGUMENT: `base_url` is not https://host[:port]/path, or it is empty and `https` leaves
// the port to the system.
absl::StatusOr<PublicUrls> ReadPublicUrls(const DaemonOptions& options);

// Reads "mpi=127.0.0.1:7401,audit=...".  INVALID_ARGUMENT names the part that is wrong.
absl::StatusOr<std::map<std::string, std::string>> ParseAddresses(absl::string_view text);

}  // namespace hie::hied
