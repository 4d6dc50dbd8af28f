#include "tests/e2e/canary_search.h"

#include <openssl/bio.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace hie::testing {

namespace fs = std::filesystem;

CanarySearch SearchFiles(const std::string& directory, const std::set<std::string>& except,
                         const std::vector<std::string>& canaries) {
  CanarySearch search;
  for (auto at = fs::recursive_directory_iterator(directory);
       at != fs::recursive_directory_iterator(); ++at) {
    if (at->is_directory()) {
      if (at.depth() == 0 && except.count(at->path().filename()) > 0)
        at.disable_recursion_pending();
      continue;
    }
    std::ifstream in(at->path(), std::ios::binary);
    std::stringstream content;
    content << in.rdbuf();
    ++search.files;
    search.bytes += content.str().size();
    for (const std::string& canary : canaries) {
      const bool named = absl::StrContains(at->path().string(), canary);
      if (named || absl::StrContains(content.str(), canary)) {
        search.found.push_back(absl::StrCat(at->path().string(), ": ", canary));
      }
    }
  }
  return search;
}

absl::StatusOr<std::string> HttpGet(const std::string& address, const std::string& path) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_connect(address.c_str()),
                                                          &BIO_free_all);
  const std::string request =
      absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: ", address, "\r\nConnection: close\r\n\r\n");
  if (BIO_do_connect(bio.get()) != 1 ||
      BIO_write(bio.get(), request.data(), static_cast<int>(request.size())) <= 0) {
    return absl::UnavailableError(absl::StrCat(address, " does not answer"));
  }
  std::string answer;
  char buffer[4096];
  for (int size = 0; (size = BIO_read(bio.get(), buffer, sizeof(buffer))) > 0;) {
    answer.append(buffer, static_cast<size_t>(size));
  }
  return answer;
}

}  // namespace hie::testing
