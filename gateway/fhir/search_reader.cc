#include "gateway/fhir/search_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/url_form.h"

namespace hie::fhir {
namespace {

constexpr size_t kNameBytesMax = 64;

// A parameter's name as it may stand in an issue: callers put anything into names.
std::string ExpressionOf(absl::string_view name) {
  const bool plain =
      !name.empty() && name.size() <= kNameBytesMax &&
      std::all_of(name.begin(), name.end(), [](char c) {
        return absl::ascii_isalnum(c) || absl::StrContains(absl::string_view("._-:"), c);
      });
  return plain ? absl::StrCat("http.", name) : "http";
}

Failure BadValue(absl::string_view name) {
  return Fail(400, "value", "A search parameter has a value that cannot be used.",
              ExpressionOf(name));
}

Failure UnknownParameter(absl::string_view name) {
  Failure failure =
      Fail(400, "not-supported", "A search parameter was not understood.", ExpressionOf(name));
  failure.issues.front().system = kOutcomeSystem;
  failure.issues.front().detail_code = "UnknownParameter";
  return failure;
}

Failure TooMany(absl::string_view name) {
  return Fail(400, "too-costly", "The search has too many parameters or values.",
              ExpressionOf(name));
}

// Splits at commas that no backslash escapes.
std::vector<std::string> SplitValues(absl::string_view text) {
  std::vector<std::string> values(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ',') {
      values.emplace_back();
      continue;
    }
    values.back() += text[i];
    if (text[i] == '\\' && i + 1 < text.size()) values.back() += text[++i];
  }
  values.erase(std::remove(values.begin(), values.end(), std::string()), values.end());
  return values;
}

bool ModifierFits(ParameterType type, absl::string_view modifier) {
  if (modifier.empty()) return true;
  if (type == ParameterType::kString) return modifier == "exact" || modifier == "contains";
  if (type == ParameterType::kReference) {
    return modifier == "identifier" || absl::ascii_isupper(modifier.front());
  }
  return false;
}

// "patient:Patient.identifier" -> name "patient.identifier"; "name:exact" -> modifier "exact".
SearchTerm NameOf(absl::string_view received) {
  SearchTerm term;
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(received, absl::MaxSplits(':', 1));
  const size_t dot = parts.second.find('.');
  if (dot == absl::string_view::npos) {
    term.name = std::string(parts.first);
    term.modifier = std::string(parts.second);
  } else {
    term.name = absl::StrCat(parts.first, parts.second.substr(dot));
  }
  return term;
}

bool IsCommon(absl::string_view name) {
  return std::any_of(std::begin(kCommonParameters), std::end(kCommonParameters),
                     [&](absl::string_view common) { return common == name; });
}

bool SelectsWhatChanges(const Interaction& interaction) {
  return interaction.kind == InteractionKind::kUpdate ||
         interaction.kind == InteractionKind::kPatch ||
         interaction.kind == InteractionKind::kDelete;
}

// Reads one request's parameters into a query.
class Reader {
 public:
  Reader(const Interaction& interaction, Handling handling)
      : interaction_(interaction),
        refuses_unknown_(handling == Handling::kStrict || SelectsWhatChanges(interaction)) {}

  std::optional<Failure> Add(absl::string_view name, absl::string_view value) {
    if (value.empty()) return std::nullopt;
    if (query_.terms.size() >= kTermsMax) return TooMany("");
    SearchTerm term = NameOf(name);
    term.text = std::string(value);
    term.values = SplitValues(value);
    if (term.values.size() > kValuesMax) return TooMany(term.name);
    if (IsCommon(term.name)) return AddCommon(std::move(term));
    const auto row =
        std::find_if(interaction_.parameters.begin(), interaction_.parameters.end(),
                     [&](const SearchParameter& known) { return known.name == term.name; });
    if (row == interaction_.parameters.end()) return AddUnknown(term.name);
    if (!ModifierFits(row->type, term.modifier)) return UnknownParameter(name);
    query_.terms.push_back(std::move(term));
    return std::nullopt;
  }

  std::optional<Failure> CheckSort() {
    for (const auto& [name, descending] : query_.sort) {
      const bool known =
          name == "_id" || name == "_lastUpdated" || name == "_score" ||
          std::any_of(interaction_.parameters.begin(), interaction_.parameters.end(),
                      [&n = name](const SearchParameter& row) { return row.name == n; });
      if (known) continue;
      query_.sort.clear();
      return AddUnknown("_sort");
    }
    return std::nullopt;
  }

  SearchQuery Take() { return std::move(query_); }

 private:
  std::optional<Failure> AddUnknown(absl::string_view name) {
    if (refuses_unknown_) return UnknownParameter(name);
    query_.unknown.emplace_back(name);
    return std::nullopt;
  }

  std::optional<Failure> AddCommon(SearchTerm term) {
    if (!term.modifier.empty()) return UnknownParameter(term.name);
    if (term.name == "_summary" && !(term.text == "count" || term.text == "false")) {
      return AddUnknown("_summary");
    }
    if (!Apply(term)) return BadValue(term.name);
    query_.terms.push_back(std::move(term));
    return std::nullopt;
  }

  // False: the value is not one of that parameter.
  bool Apply(const SearchTerm& term) {
    if (term.name == "_count") return ApplyCount(term.text);
    if (term.name == "_total") {
      query_.total_wanted = term.text != "none";
      return term.text == "none" || term.text == "accurate" || term.text == "estimate";
    }
    if (term.name == "_summary" && term.text == "count") query_.count_only = true;
    if (term.name == "_page") query_.page = term.text;
    if (term.name == "_elements") query_.elements = term.values;
    if (term.name == "_sort") ApplySort(term.values);
    return true;
  }

  bool ApplyCount(absl::string_view text) {
    uint32_t count = 0;
    if (!absl::SimpleAtoi(text, &count)) return false;
    query_.count_only = query_.count_only || count == 0;
    query_.count =
        count == 0 ? kCountDefault : static_cast<int>(std::min<uint32_t>(count, kCountMax));
    return true;
  }

  void ApplySort(const std::vector<std::string>& values) {
    for (absl::string_view value : values) {
      const bool descending = absl::ConsumePrefix(&value, "-");
      query_.sort.emplace_back(std::string(value), descending);
    }
  }

  const Interaction& interaction_;
  const bool refuses_unknown_;
  SearchQuery query_;
};

}  // namespace

Reading<SearchQuery> ReadSearch(absl::string_view url_query, absl::string_view form,
                                const Interaction& interaction, Handling handling) {
  Reader reader(interaction, handling);
  for (const absl::string_view text : {url_query, form}) {
    const auto fields = DecodeForm(text);
    if (!fields.ok()) {
      return Fail(400, "value", "The parameters are not encoded as UTF-8 form fields.", "http");
    }
    for (const auto& [name, value] : *fields) {
      if (std::optional<Failure> failure = reader.Add(name, value)) return *std::move(failure);
    }
  }
  if (std::optional<Failure> failure = reader.CheckSort()) return *std::move(failure);
  return reader.Take();
}

}  // namespace hie::fhir
