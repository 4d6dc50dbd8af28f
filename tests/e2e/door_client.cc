#include "tests/e2e/door_client.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "gateway/auth/client_assertion.h"
#include "gateway/auth/token_request.h"
#include "gateway/auth/token_test_client.h"
#include "services/common/base/status_macros.h"
#include "services/common/crypto/jwk_set.h"
#include "services/common/json/reader.h"
#include "services/common/json/writer.h"

namespace hie::testing {
namespace {

namespace beast = boost::beast;

constexpr char kKeyId[] = "door";
constexpr char kFhirPath[] = "/fhir";

// Never the same twice, whoever signs in.
std::string NextAssertionId() {
  static std::atomic<uint64_t> last{0};
  return absl::StrCat("door-", absl::GetCurrentTimeNanos(), "-", ++last);
}

// A HEAD has the length of a body and no body.
absl::StatusOr<DoorAnswer> ReadAnswer(const std::string& method, const std::string& bytes) {
  beast::http::response_parser<beast::http::string_body> parser;
  parser.eager(true);
  parser.skip(method == "HEAD");
  parser.body_limit(boost::none);
  beast::error_code error;
  size_t done = 0;
  while (done < bytes.size() && !parser.is_done() && !error) {
    done += parser.put(boost::asio::buffer(bytes.data() + done, bytes.size() - done), error);
  }
  if (error || !parser.is_done()) return absl::UnavailableError("door: no whole HTTP answer");
  DoorAnswer answer;
  answer.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    answer.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  answer.body = parser.get().body();
  return answer;
}

}  // namespace

std::string DoorAnswer::Header(absl::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (absl::EqualsIgnoreCase(key, name)) return value;
  }
  return "";
}

ApiClient DoorClient::Registered(const std::string& id, const crypto::AssertionPrivateKey& key) {
  ApiClient client;
  client.id = id;
  client.name = id;
  client.jwks = crypto::WriteJwkSet(kKeyId, key.public_key());
  client.scopes = {"system/*.cruds"};
  client.purposes = {Purpose::kTreat, Purpose::kPatientAdministration};
  return client;
}

absl::StatusOr<std::unique_ptr<DoorClient>> DoorClient::SignIn(
    const ExchangeStack& stack, const std::string& id, const crypto::AssertionPrivateKey& key,
    const DoorPerson& person) {
  const std::shared_ptr<SSL_CTX> trust(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  SSL_CTX_set_verify(trust.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(trust.get(), (stack.pki() + "/ca.crt").c_str(), nullptr) != 1) {
    return absl::FailedPreconditionError("door: no trust anchor");
  }
  std::unique_ptr<DoorClient> client(new DoorClient(stack, trust));
  HIE_RETURN_IF_ERROR(client->TakeToken(id, key, person));
  return client;
}

DoorClient::~DoorClient() = default;

absl::Status DoorClient::TakeToken(const std::string& id, const crypto::AssertionPrivateKey& key,
                                   const DoorPerson& person) {
  auth::AssertionStatement statement;
  statement.client_id = id;
  statement.token_url = absl::StrCat("https://", stack_.https_address(), "/oauth2/token");
  statement.id = NextAssertionId();
  statement.extensions_json =
      json::Write(auth::testing::Iua(person.purpose, person.person, person.role));
  statement.auth_time = absl::Now();
  HIE_ASSIGN_OR_RETURN(const std::string assertion,
                       auth::SignClientAssertion(statement, kKeyId, key, absl::Now()));
  const std::string body =
      absl::StrCat("grant_type=", auth::kClientCredentials, "&scope=system%2F*.cruds",
                   "&client_assertion_type=", absl::StrReplaceAll(auth::kJwtBearer, {{":", "%3A"}}),
                   "&client_assertion=", assertion);
  HIE_ASSIGN_OR_RETURN(const DoorAnswer answer,
                       Exchange("POST", "/oauth2/token",
                                "Content-Type: application/x-www-form-urlencoded\r\n", body));
  const auto read = json::Read(answer.body);
  if (answer.status != 200 || !read.ok()) {
    return absl::UnauthenticatedError(absl::StrCat("token: ", answer.status, " ", answer.body));
  }
  authorization_ = absl::StrCat("Bearer ", read->Text("access_token"));
  return absl::OkStatus();
}

absl::StatusOr<DoorAnswer> DoorClient::Ask(const DoorRequest& request) const {
  std::string head = absl::StrCat("Authorization: ", authorization_, "\r\n");
  for (const auto& [name, value] : request.headers)
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  return Exchange(request.method, absl::StrCat(kFhirPath, request.target), head, request.body);
}

absl::StatusOr<DoorAnswer> DoorClient::Exchange(const std::string& method,
                                                const std::string& target, const std::string& head,
                                                const std::string& body) const {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_ssl_connect(trust_.get()),
                                                          &BIO_free_all);
  BIO_set_conn_hostname(bio.get(), stack_.https_address().c_str());
  const std::string length =
      body.empty() && method != "POST" ? "" : absl::StrCat("Content-Length: ", body.size(), "\r\n");
  const std::string request =
      absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: ", stack_.https_address(), "\r\n", head,
                   "Connection: close\r\n", length, "\r\n", body);
  if (BIO_do_connect(bio.get()) != 1 ||
      BIO_write(bio.get(), request.data(), static_cast<int>(request.size())) <= 0) {
    return absl::UnavailableError("door: no connection");
  }
  std::string answer;
  char buffer[16384];
  for (int size = 0; (size = BIO_read(bio.get(), buffer, sizeof(buffer))) > 0;) {
    answer.append(buffer, static_cast<size_t>(size));
  }
  return ReadAnswer(method, answer);
}

}  // namespace hie::testing
