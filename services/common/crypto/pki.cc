#include "services/common/crypto/pki.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/files.h"
#include "services/common/crypto/signing_key.h"

namespace hie::crypto {
namespace {

constexpr absl::Duration kBackdate = absl::Hours(1);  // For clocks that differ a little.
constexpr absl::Duration kAuthorityLife = absl::Hours(24 * 3650);
constexpr absl::Duration kCertificateLife = absl::Hours(24 * 365);
constexpr absl::Duration kRenewBefore = absl::Hours(24 * 30);
constexpr char kAuthorityName[] = "hie demo authority";
constexpr size_t kSerialBytes = 16;
constexpr size_t kNameBytesMax = 64;
constexpr size_t kKeyIdDigits = 16;

// Names go into paths and into the comma-separated notation of alternative names.
absl::Status CheckNames(const std::vector<std::string>& names, absl::string_view field) {
  for (const std::string& name : names) {
    bool fits = !name.empty() && name.size() <= kNameBytesMax && name.front() != '.';
    for (const char c : name) fits = fits && (absl::ascii_isalnum(c) || c == '-' || c == '.');
    if (!fits) return absl::InvalidArgumentError(absl::StrCat(field, ": want [A-Za-z0-9.-]+"));
  }
  return absl::OkStatus();
}

bool IsIpv4(absl::string_view name) {
  return name.find_first_not_of("0123456789.") == absl::string_view::npos;
}

// One run of InitPki.
class PkiWriter {
 public:
  explicit PkiWriter(const PkiOptions& options) : options_(options) {}

  absl::StatusOr<IssuedPki> Run();

 private:
  absl::StatusOr<CertificateIssuer> Authority();
  absl::StatusOr<CertificateIssuer> NewAuthority();
  absl::StatusOr<CertificateIssuer> CertifyAuthority(const PrivateKey& key);
  absl::StatusOr<PrivateKey> KeyAt(const std::string& path);
  // The certificate at `stem`.crt, for the key at `stem`.key, saying `content`.
  absl::StatusOr<Certificate> CertificateAt(const std::string& stem, const std::string& uri,
                                            const CertificateContent& content);
  bool StillGood(const Certificate& certificate, const PublicKey& key, absl::string_view uri) const;
  absl::Status IssueRole(const std::string& role);
  absl::StatusOr<IssuedMember> IssueMember(const std::string& member);
  CertificateContent Content(absl::string_view name, CertificateUse use, std::string names) const;
  absl::Status Write(const std::string& path, absl::string_view content, FileAccess access);
  std::string Path(absl::string_view name) const {
    return absl::StrCat(options_.directory, "/", name);
  }

  const PkiOptions& options_;
  const CertificateIssuer* issuer_ = nullptr;
  int written_ = 0;
};

absl::Status PkiWriter::Write(const std::string& path, absl::string_view content,
                              FileAccess access) {
  ++written_;
  return WriteFileAtomically(path, content, access);
}

CertificateContent PkiWriter::Content(absl::string_view name, CertificateUse use,
                                      std::string names) const {
  const absl::Duration life = use == CertificateUse::kAuthority ? kAuthorityLife : kCertificateLife;
  return {.common_name = std::string(name),
          .subject_alternative_names = std::move(names),
          .use = use,
          .serial = options_.random->Bytes(kSerialBytes),
          .not_before = options_.now - kBackdate,
          .not_after = options_.now + life};
}

absl::StatusOr<CertificateIssuer> PkiWriter::CertifyAuthority(const PrivateKey& key) {
  const CertificateContent content = Content(kAuthorityName, CertificateUse::kAuthority, "");
  HIE_ASSIGN_OR_RETURN(CertificateIssuer issuer, CertificateIssuer::SelfSigned(key, content));
  HIE_RETURN_IF_ERROR(Write(Path("ca.crt"), issuer.certificate().ToPem(), FileAccess::kEverybody));
  return issuer;
}

absl::StatusOr<CertificateIssuer> PkiWriter::NewAuthority() {
  HIE_ASSIGN_OR_RETURN(const PrivateKey key, PrivateKey::Generate(KeyAlgorithm::kEs256));
  // The key first: an authority exists when its certificate does.
  HIE_RETURN_IF_ERROR(Write(Path("ca.key"), key.ToPem(), FileAccess::kOwnerOnly));
  return CertifyAuthority(key);
}

absl::StatusOr<CertificateIssuer> PkiWriter::Authority() {
  const absl::StatusOr<std::string> pem = ReadWholeFile(Path("ca.crt"));
  if (absl::IsNotFound(pem.status())) return NewAuthority();
  HIE_RETURN_IF_ERROR(pem.status());
  const absl::StatusOr<std::string> key_pem = ReadWholeFile(Path("ca.key"));
  const absl::StatusOr<Certificate> certificate = Certificate::FromPem(*pem);
  const absl::StatusOr<PrivateKey> key =
      key_pem.ok() ? PrivateKey::FromPem(*key_pem) : key_pem.status();
  if (!certificate.ok() || !key.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat(Path("ca.crt"), ": unreadable authority; restore it or remove the directory"));
  }
  absl::StatusOr<CertificateIssuer> issuer = CertificateIssuer::Load(*key, *certificate);
  if (issuer.ok() && certificate->not_after() < options_.now + kCertificateLife) {
    return CertifyAuthority(*key);  // Same key: what it signed stays valid.
  }
  if (issuer.ok()) return issuer;
  return absl::FailedPreconditionError(
      absl::StrCat(Path("ca.key"), ": not the key of ca.crt; restore it or remove the directory"));
}

absl::StatusOr<PrivateKey> PkiWriter::KeyAt(const std::string& path) {
  const absl::StatusOr<std::string> pem = ReadWholeFile(path);
  if (pem.ok()) {
    absl::StatusOr<PrivateKey> key = PrivateKey::FromPem(*pem);
    if (key.ok() && key->public_key().algorithm() == KeyAlgorithm::kEs256) return key;
  } else if (!absl::IsNotFound(pem.status())) {
    return pem.status();
  }
  HIE_ASSIGN_OR_RETURN(PrivateKey key, PrivateKey::Generate(KeyAlgorithm::kEs256));
  HIE_RETURN_IF_ERROR(Write(path, key.ToPem(), FileAccess::kOwnerOnly));
  return key;
}

bool PkiWriter::StillGood(const Certificate& certificate, const PublicKey& key,
                          absl::string_view uri) const {
  const std::vector<std::string> uris = certificate.Uris();
  return certificate.not_after() > options_.now + kRenewBefore &&
         certificate.not_before() <= options_.now && uris.size() == 1 && uris[0] == uri &&
         certificate.public_key().SpkiSha256() == key.SpkiSha256() &&
         certificate.VerifyIssuedBy(issuer_->certificate()).ok();
}

absl::StatusOr<Certificate> PkiWriter::CertificateAt(const std::string& stem,
                                                     const std::string& uri,
                                                     const CertificateContent& content) {
  HIE_ASSIGN_OR_RETURN(const PrivateKey key, KeyAt(stem + ".key"));
  const absl::StatusOr<std::string> pem = ReadWholeFile(stem + ".crt");
  if (pem.ok()) {
    absl::StatusOr<Certificate> found = Certificate::FromPem(*pem);
    if (found.ok() && StillGood(*found, key.public_key(), uri)) return found;
  }
  HIE_ASSIGN_OR_RETURN(const Certificate made, issuer_->Issue(key.public_key(), content));
  HIE_RETURN_IF_ERROR(Write(stem + ".crt", made.ToPem(), FileAccess::kEverybody));
  return made;
}

absl::Status PkiWriter::IssueRole(const std::string& role) {
  const std::string uri = absl::StrCat(kRoleUriPrefix, role);
  std::string names = absl::StrCat("URI:", uri, ",DNS:localhost,IP:127.0.0.1");
  for (const std::string& host : options_.host_names) {
    absl::StrAppend(&names, IsIpv4(host) ? ",IP:" : ",DNS:", host);
  }
  return CertificateAt(Path(absl::StrCat("roles/", role)), uri,
                       Content(role, CertificateUse::kServerAndClient, std::move(names)))
      .status();
}

absl::StatusOr<IssuedMember> PkiWriter::IssueMember(const std::string& member) {
  const std::string directory = Path(absl::StrCat("members/", member));
  const std::string uri = absl::StrCat(kMemberUriPrefix, member);
  HIE_ASSIGN_OR_RETURN(const Certificate certificate,
                       CertificateAt(directory + "/client", uri,
                                     Content(member, CertificateUse::kClient, "URI:" + uri)));
  HIE_ASSIGN_OR_RETURN(const PrivateKey token, KeyAt(directory + "/token.key"));
  const std::string token_pem = token.public_key().ToPem();
  const absl::StatusOr<std::string> published = ReadWholeFile(directory + "/token.pub");
  if (!published.ok() || *published != token_pem) {
    HIE_RETURN_IF_ERROR(Write(directory + "/token.pub", token_pem, FileAccess::kEverybody));
  }
  const std::string fingerprint = certificate.public_key().SpkiSha256();
  return IssuedMember{
      .member = member,
      .certificate_key_id = absl::StrCat("cert-", fingerprint.substr(0, kKeyIdDigits)),
      .certificate_sha256 = fingerprint,
      .token_key_id = TokenKeyId(token.public_key()),
      .token_public_key_pem = token_pem};
}

absl::StatusOr<IssuedPki> PkiWriter::Run() {
  HIE_RETURN_IF_ERROR(CheckNames(options_.members, "members"));
  HIE_RETURN_IF_ERROR(CheckNames(options_.roles, "roles"));
  HIE_RETURN_IF_ERROR(CheckNames(options_.host_names, "host_names"));
  HIE_ASSIGN_OR_RETURN(const CertificateIssuer issuer, Authority());
  issuer_ = &issuer;
  for (const std::string& role : options_.roles) HIE_RETURN_IF_ERROR(IssueRole(role));
  IssuedPki issued;
  for (const std::string& member : options_.members) {
    HIE_ASSIGN_OR_RETURN(IssuedMember one, IssueMember(member));
    issued.members.push_back(std::move(one));
  }
  issued.files_written = written_;
  return issued;
}

}  // namespace

std::string TokenKeyId(const PublicKey& key) {
  return absl::StrCat("token-", key.SpkiSha256().substr(0, kKeyIdDigits));
}

absl::StatusOr<IssuedPki> InitPki(const PkiOptions& options) { return PkiWriter(options).Run(); }

}  // namespace hie::crypto
