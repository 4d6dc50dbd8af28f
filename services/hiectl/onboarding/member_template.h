#pragma once

namespace hie::ctl {

// A member's file to start from: every field that an administrator sets, with what it means.
// ReadToml takes it as hie.directory.v1.Member.
inline constexpr char kMemberTemplate[] =
    R"toml(# A member of the exchange.  Fill in, then: hiectl member add --file=member.toml
# --certificate=client.crt --token_key=token.pub.  Put it again after every change.

id = "north"                      # a-z 0-9 -, at most 32; never changes
name = "North Hospital"
home_community = "2.999.1.10"     # OID
state = "test"                    # then: member enter-shadow, member go-live
roles = ["physician", "ed_physician", "registrar", "steward", "privacy_officer"]

[[facilities]]
id = "north-main"                 # unique in the exchange
name = "North Hospital, main building"
aliases = ["NORTH"]               # as your own records call it (PV1-3.4)
# What an absent label means here.  Without a line it means: unknown, thus withheld.
attestations = [{ code = "PSY", attestation = "labelled-at-source" }]

# [[facilities.units]]            # only units with rules of their own
# id = "W3"
# part2 = true                    # a Part 2 programme: presence alone is sensitive

# hiectl member map-namespaces proposes the tables below from a sample of your feed.
[[domains]]
oid = "2.999.1.10.1"              # of your patient numbers; unique in the exchange
namespace_aliases = ["NORTH"]     # as your messages name it (PID-3.4)
strip_leading_zeros = false
fold_case = false
reuse = "possible"                # never, if a number is never given to another patient
time_zone = "America/New_York"

# [[hl7_sources]]
# sending_application = "ADT"     # MSH-3; empty: any
# sending_facility = "NORTH"      # MSH-4
# default_domain = "2.999.1.10.1" # of ids without an authority
# peers = ["10.1.0.0/16"]

# How the exchange reads your records: an agent that dials out, your FHIR server, or not at all.
[[endpoints]]
kind = "agent"                    # agent, fhir-r4, registry-only
# address = "https://fhir.north.example/r4"
# sign_in = { token_url = "https://fhir.north.example/token", client_id = "hie", scope = "system/*.rs", key_id = "k1" }

# [[clients]]                     # or: hiectl member client-add
# id = "north-emr"
# jwks_url = "https://emr.north.example/jwks.json"
# scopes = ["system/Patient.rs", "system/DocumentReference.rs"]
# purposes = ["treat", "etreat"]
)toml";

}  // namespace hie::ctl
