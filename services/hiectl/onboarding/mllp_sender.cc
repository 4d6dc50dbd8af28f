#include "services/hiectl/onboarding/mllp_sender.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "gateway/hl7v2/message.h"

namespace hie::ctl {
namespace {

constexpr size_t kAnswerBytesMax = 1 << 20;

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

void SetTimeouts(int socket, absl::Duration timeout) {
  const timeval wait = absl::ToTimeval(timeout);
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
}

// A connected socket, or -1.
int Connect(const addrinfo* list, absl::Duration timeout) {
  for (; list != nullptr; list = list->ai_next) {
    const int socket = ::socket(list->ai_family, list->ai_socktype | SOCK_CLOEXEC, 0);
    if (socket < 0) continue;
    SetTimeouts(socket, timeout);
    if (connect(socket, list->ai_addr, list->ai_addrlen) == 0) return socket;
    close(socket);
  }
  return -1;
}

}  // namespace

MllpSender::MllpSender(int socket) : socket_(socket), answers_(kAnswerBytesMax) {}

MllpSender::~MllpSender() { close(socket_); }

absl::StatusOr<std::unique_ptr<MllpSender>> MllpSender::Dial(const std::string& address,
                                                             absl::Duration timeout) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
    return absl::InvalidArgumentError("--to: want host:port of an MLLP listener");
  }
  addrinfo wanted = {};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = getaddrinfo(address.substr(0, colon).c_str(),
                                 address.substr(colon + 1).c_str(), &wanted, &found);
  const Addresses list(failed == 0 ? found : nullptr);
  const int socket = list == nullptr ? -1 : Connect(list.get(), timeout);
  if (socket < 0) return absl::UnavailableError(absl::StrCat(address, ": nobody answers there"));
  return std::unique_ptr<MllpSender>(new MllpSender(socket));
}

absl::StatusOr<std::string> MllpSender::Send(absl::string_view message) {
  const std::string frame = hl7v2::MllpFrame(message);
  for (size_t sent = 0; sent < frame.size();) {
    const ssize_t part = send(socket_, frame.data() + sent, frame.size() - sent, MSG_NOSIGNAL);
    if (part <= 0) return absl::UnavailableError("the listener closed the connection");
    sent += static_cast<size_t>(part);
  }
  std::array<char, 4096> block;
  while (true) {
    if (const std::optional<std::string> answer = answers_.Next()) {
      const auto parsed = hl7v2::Message::Parse(*answer);
      const hl7v2::Segment* msa = parsed.ok() ? parsed->Find("MSA") : nullptr;
      if (msa == nullptr) return absl::UnavailableError("the answer is no acknowledgement");
      return parsed->FieldText(*msa, 1);
    }
    const ssize_t got = recv(socket_, block.data(), block.size(), 0);
    if (got <= 0) return absl::UnavailableError("no acknowledgement came");
    answers_.Append(absl::string_view(block.data(), static_cast<size_t>(got)));
  }
}

}  // namespace hie::ctl
