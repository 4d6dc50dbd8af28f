#pragma once

#include <string>
#include <vector>

#include "services/hiectl/commands/context.h"

namespace hie::ctl {

// `member template`: prints a member's file to start from.
ExitCode MemberTemplate(const Context& context);

// Where a sample of a feed lies, and where the proposal goes.
struct MapNamespacesOptions {
  std::string sample;  // A folder of HL7 v2 files.
  std::string out;     // Empty: standard output.
};

// `member map-namespaces`: proposes domains and sources from what a sample feed says.
ExitCode MemberMapNamespaces(const Context& context, const MapNamespacesOptions& options);

// A feed to play.
struct ReplayOptions {
  std::string folder;
  std::string to;  // MLLP listener, host:port; for folders of HL7 v2 messages.
};

// `member replay`: plays a folder in the order of its files' names: HL7 v2 messages over MLLP, and
// FHIR Patients (.ndjson) over the exchange's own service, registered if the member is LIVE, else
// previewed.  kPartial: some were not accepted.
ExitCode MemberReplay(const Context& context, const ReplayOptions& options);

// Where a member goes.
struct MoveOptions {
  std::string member;
  bool anyway = false;  // LIVE despite the SHADOW report's findings.
};

// `member enter-shadow`, `member go-live`, `member suspend`.  Going LIVE from SHADOW reads the
// report first; kCheckFailed: it has findings.
ExitCode MemberEnterShadow(const Context& context, const MoveOptions& options);
ExitCode MemberGoLive(const Context& context, const MoveOptions& options);
ExitCode MemberSuspend(const Context& context, const MoveOptions& options);

// A backend client to register.
struct ClientOptions {
  std::string member;
  std::string id;
  std::string name;
  std::string jwks_file;
  std::string jwks_url;
  std::string certificate_file;  // Its TLS client certificate; empty: none is needed.
  std::vector<std::string> scopes;
  std::vector<std::string> purposes;
};

// `member client-add` and `member client-revoke`.
ExitCode MemberClientAdd(const Context& context, const ClientOptions& options);
ExitCode MemberClientRevoke(const Context& context, const ClientOptions& options);

}  // namespace hie::ctl
