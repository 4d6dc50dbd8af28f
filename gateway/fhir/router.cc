#include "gateway/fhir/router.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gateway/fhir/url_form.h"

namespace hie::fhir {
namespace {

constexpr absl::string_view kId = "{id}";

// Decides whether `segments` are of the row's form; its id goes to `id`.
bool Fits(const std::vector<std::string>& row, const std::vector<std::string>& segments,
          std::string* id) {
  if (row.size() != segments.size()) return false;
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] == kId) {
      // "$match" and "_search" are no ids.
      const bool is_id = !segments[i].empty() && segments[i][0] != '$' && segments[i][0] != '_';
      if (!is_id) return false;
      *id = segments[i];
    } else if (row[i] != segments[i]) {
      return false;
    }
  }
  return true;
}

std::optional<std::vector<std::string>> Segments(absl::string_view path) {
  if (path == "/") path = "";
  std::vector<std::string> segments;
  for (const absl::string_view segment : absl::StrSplit(path, '/')) {
    absl::StatusOr<std::string> decoded = DecodeSegment(segment);
    if (!decoded.ok()) return std::nullopt;
    segments.push_back(*std::move(decoded));
  }
  return segments;
}

Failure NotFound() { return Fail(404, "not-found", "There is nothing at this address."); }

Failure NotOffered() { return Fail(501, "not-supported", "The interaction is not offered."); }

// An operation, history or the like, of the system or of a type that is served.
bool NamesInteraction(const std::vector<Interaction>& rows,
                      const std::vector<std::string>& segments) {
  const std::string& last = segments.back();
  if (segments.size() < 2 || last.empty() || (last[0] != '$' && last[0] != '_')) return false;
  return segments.size() == 2 || std::any_of(rows.begin(), rows.end(), [&](const Interaction& row) {
           return row.resource == segments[1];
         });
}

absl::Status CheckRow(const Interaction& row) {
  if (!row.path.empty() && row.path.front() != '/') {
    return absl::InvalidArgumentError("path: want a slash first");
  }
  if (!row.run) return absl::InvalidArgumentError("run: want a function");
  return absl::OkStatus();
}

}  // namespace

absl::string_view MethodName(http::Method method) {
  switch (method) {
    case http::Method::kGet:
      return "GET";
    case http::Method::kHead:
      return "HEAD";
    case http::Method::kPost:
      return "POST";
    case http::Method::kPut:
      return "PUT";
    case http::Method::kPatch:
      return "PATCH";
    case http::Method::kDelete:
      return "DELETE";
    case http::Method::kOptions:
      return "OPTIONS";
  }
  return "";
}

absl::StatusOr<Router> Router::Create(std::vector<Interaction> rows) {
  absl::flat_hash_set<std::string> seen;
  for (const Interaction& row : rows) {
    if (absl::Status status = CheckRow(row); !status.ok()) return status;
    const std::string key = absl::StrCat(MethodName(row.method), " ", row.path);
    if (!seen.insert(key).second) {
      return absl::InvalidArgumentError(absl::StrCat("interactions: twice ", key));
    }
  }
  return Router(std::move(rows));
}

Router::Router(std::vector<Interaction> rows) : rows_(std::move(rows)) {
  for (const Interaction& row : rows_) patterns_.push_back(absl::StrSplit(row.path, '/'));
}

Route Router::Find(http::Method method, absl::string_view path) const {
  Route route;
  const auto segments = Segments(path);
  if (!segments) {
    route.failure = NotFound();
    return route;
  }
  const http::Method wanted = method == http::Method::kHead ? http::Method::kGet : method;
  std::vector<absl::string_view> allowed;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Interaction& row = rows_[i];
    std::string id;
    if (!Fits(patterns_[i], *segments, &id)) continue;
    if (row.method == wanted) {
      route.interaction = &row;
      route.id = std::move(id);
      return route;
    }
    allowed.push_back(MethodName(row.method));
    if (row.method == http::Method::kGet) allowed.push_back(MethodName(http::Method::kHead));
  }
  if (allowed.empty()) {
    route.failure = NamesInteraction(rows_, *segments) ? NotOffered() : NotFound();
    return route;
  }
  std::sort(allowed.begin(), allowed.end());
  route.allow = absl::StrJoin(allowed, ", ");
  route.failure = Fail(405, "not-supported", "The interaction is not offered at this address.");
  return route;
}

}  // namespace hie::fhir
