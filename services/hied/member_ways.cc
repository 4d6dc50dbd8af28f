#include "services/hied/member_ways.h"

#include <filesystem>
#include <string>
#include <utility>

#include "services/common/base/status_macros.h"
#include "services/common/crypto/assertion_key.h"
#include "services/common/crypto/files.h"

namespace hie::hied {
namespace {

absl::StatusOr<crypto::AssertionPrivateKey> OpenClientKey(const std::string& path) {
  if (std::filesystem::exists(path)) {
    HIE_ASSIGN_OR_RETURN(const std::string pem, crypto::ReadWholeFile(path));
    return crypto::AssertionPrivateKey::FromPem(pem);
  }
  HIE_ASSIGN_OR_RETURN(crypto::AssertionPrivateKey key,
                       crypto::AssertionPrivateKey::Generate(crypto::AssertionAlgorithm::kEs384));
  HIE_RETURN_IF_ERROR(
      crypto::WriteFileAtomically(path, key.ToPem(), crypto::FileAccess::kOwnerOnly));
  return key;
}

}  // namespace

absl::StatusOr<std::unique_ptr<MemberWays>> MemberWays::Open(
    const Process& process, const members::MemberDirectorySource& directory,
    exchange::MemberPort& agents) {
  auto ways = std::make_unique<MemberWays>();
  HIE_ASSIGN_OR_RETURN(const std::string folder, RoleDirectory(process, "gateway"));
  HIE_ASSIGN_OR_RETURN(crypto::AssertionPrivateKey key,
                       OpenClientKey(folder + "/member-client.key"));
  fetch::HttpsClient::Options client;
  client.trust_anchors = process.options.member_ca;
  HIE_ASSIGN_OR_RETURN(ways->client_, fetch::HttpsClient::Open(std::move(client)));
  ways->sign_in_ = std::make_unique<members::MemberSignIn>(members::MemberSignIn::Options{
      ways->client_.get(), &process.clock, &process.random, std::move(key)});
  members::FhirMemberPort::Options fhir;
  fhir.directory = &directory;
  fhir.client = ways->client_.get();
  fhir.sign_in = ways->sign_in_.get();
  fhir.clock = &process.clock;
  ways->fhir_ = std::make_unique<members::FhirMemberPort>(std::move(fhir));
  ways->router_ = std::make_unique<members::MemberRouter>(&directory, &agents, ways->fhir_.get());
  return ways;
}

}  // namespace hie::hied
