#include "gateway/hl7v2/testing/mllp_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace hie::hl7v2 {
namespace {

std::string MsaField(absl::string_view answer, size_t number) {
  for (const absl::string_view line : absl::StrSplit(answer, '\r')) {
    const std::vector<absl::string_view> fields = absl::StrSplit(line, '|');
    if (fields[0] == "MSA" && fields.size() > number) return std::string(fields[number]);
  }
  return "";
}

}  // namespace

MllpClient::MllpClient(uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    close(descriptor_);
    descriptor_ = -1;
  }
}

MllpClient::~MllpClient() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool MllpClient::SendBytes(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool MllpClient::Fill(absl::Duration timeout) {
  pollfd waiting = {descriptor_, POLLIN, 0};
  if (poll(&waiting, 1, static_cast<int>(absl::ToInt64Milliseconds(timeout))) <= 0) return false;
  std::array<char, 65536> buffer;
  const ssize_t size = recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (size <= 0) {
    ended_ = true;
    return false;
  }
  framer_.Append(absl::string_view(buffer.data(), static_cast<size_t>(size)));
  return true;
}

std::optional<std::string> MllpClient::Receive(absl::Duration timeout) {
  const absl::Time until = absl::Now() + timeout;
  while (true) {
    if (std::optional<std::string> answer = framer_.Next()) return answer;
    if (ended_ || absl::Now() >= until || !Fill(until - absl::Now())) return std::nullopt;
  }
}

std::string MllpClient::Ask(absl::string_view message) {
  if (!Send(message)) return "";
  return Receive().value_or("");
}

void MllpClient::EndInput() { shutdown(descriptor_, SHUT_WR); }

bool MllpClient::ClosedByPeer(absl::Duration timeout) {
  const absl::Time until = absl::Now() + timeout;
  while (!ended_ && absl::Now() < until) Fill(until - absl::Now());
  return ended_;
}

std::string AckCodeOf(absl::string_view answer) { return MsaField(answer, 1); }
std::string AckedId(absl::string_view answer) { return MsaField(answer, 2); }

}  // namespace hie::hl7v2
