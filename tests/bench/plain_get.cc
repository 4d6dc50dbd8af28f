#include "tests/bench/plain_get.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/answer_reader.h"
#include "tests/bench/loopback.h"

namespace hie::bench {

absl::StatusOr<std::string> PlainGet(const std::string& address, const std::string& path) {
  int port = 0;
  if (!absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port)) {
    return absl::InvalidArgumentError("address: want host:port");
  }
  const int descriptor = ConnectTo(port);
  if (descriptor < 0) return absl::UnavailableError(path + ": not connected");
  const absl::Cleanup closing = [descriptor] { close(descriptor); };
  const std::string request =
      absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  AnswerReader reader;
  std::string body;
  std::array<char, 65536> buffer;
  bool open = send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(request.size());
  while (open && !reader.over()) {
    const ssize_t size = recv(descriptor, buffer.data(), buffer.size(), 0);
    open = size > 0;
    if (!open) break;
    reader.Feed(absl::string_view(buffer.data(), static_cast<size_t>(size)),
                [&body](absl::string_view part) { body.append(part.data(), part.size()); });
  }
  if (reader.state() == AnswerReader::State::kDone && reader.status() == 200) return body;
  return absl::UnavailableError(path + ": not answered");
}

}  // namespace hie::bench
