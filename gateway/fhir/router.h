#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/fhir/interaction.h"
#include "gateway/fhir/outcome.h"

namespace hie::fhir {

// "GET"
absl::string_view MethodName(http::Method method);

// What a request is for.
struct Route {
  const Interaction* interaction = nullptr;  // Null: none; look at `failure`.
  std::string id;                            // What "{id}" was, decoded.
  std::optional<Failure> failure;            // 404; 405; 501: an operation that is not offered.
  std::string allow;                         // Of a 405: the methods there are.
};

// The table of interactions by method and path.  Immutable, thread-safe; a look-up is linear in the
// rows, of which there are dozens.
class Router {
 public:
  // INVALID_ARGUMENT: two rows of the same method and path, a path that does not begin with a
  // slash, or a row without `run`.
  static absl::StatusOr<Router> Create(std::vector<Interaction> rows);

  // `path` is what stands behind the base, percent-encoded: "/Patient/7", "" for the base itself.
  // HEAD finds what GET finds.
  Route Find(http::Method method, absl::string_view path) const;

  const std::vector<Interaction>& rows() const { return rows_; }

 private:
  explicit Router(std::vector<Interaction> rows);

  std::vector<Interaction> rows_;
  std::vector<std::vector<std::string>> patterns_;  // Each row's path, in segments.
};

}  // namespace hie::fhir
