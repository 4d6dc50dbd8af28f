#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/xml/element_table.h"
#include "gateway/fhir/xml/markup.h"
#include "gateway/fhir/xml/utf8.h"
#include "gateway/fhir/xml/xml_resource.h"

namespace hie::fhir::xml {
namespace {

constexpr absl::string_view kFhirNamespace = "http://hl7.org/fhir";
constexpr unsigned kParseFlags = pugi::parse_escapes | pugi::parse_wconv_attribute |
                                 pugi::parse_eol | pugi::parse_doctype | pugi::parse_pi |
                                 pugi::parse_cdata;
constexpr size_t kNameBytesMax = 64;

// A JSON number (RFC 8259): what FHIR decimals and integers are.
bool IsNumber(absl::string_view text) {
  const auto digits = [&text] {
    size_t count = 0;
    while (count < text.size() && absl::ascii_isdigit(text[count])) ++count;
    text.remove_prefix(count);
    return count;
  };
  absl::ConsumePrefix(&text, "-");
  const bool zero = absl::StartsWith(text, "0");
  const size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (absl::ConsumePrefix(&text, ".") && digits() == 0) return false;
  if (absl::ConsumePrefix(&text, "e") || absl::ConsumePrefix(&text, "E")) {
    if (!absl::ConsumePrefix(&text, "+")) absl::ConsumePrefix(&text, "-");
    if (digits() == 0) return false;
  }
  return text.empty();
}

// `name` where it has the form of an element's name; names are the sender's.
std::string SafeName(absl::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return "";
  for (const char c : name) {
    if (!absl::ascii_isalnum(c)) return "";
  }
  return std::string(name);
}

// The values that one element row has in an instance.
struct Gathered {
  std::string name;  // As in the instance: "valueQuantity".
  bool primitive = false;
  std::vector<json::Value> values;    // Null: a primitive without value.
  std::vector<json::Value> siblings;  // Of primitives: id and extension; null: none.
};

// Builds the element tree of one document.
class TreeReader {
 public:
  explicit TreeReader(absl::string_view text) : text_(text) {}

  json::Value Root(const pugi::xml_node& node) {
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      const absl::string_view name = attribute.name();
      // Schema locations are common and harmless.
      const bool ignored = absl::StartsWith(name, "xmlns:") || absl::StartsWith(name, "xsi:");
      if (name != "xmlns" && !ignored) return Fail("", "attribute of a resource");
    }
    if (absl::string_view(node.attribute("xmlns").value()) != kFhirNamespace) {
      return Fail("", "want the FHIR namespace");
    }
    return Resource(node, "");
  }

  const std::optional<Problem>& problem() const { return problem_; }

 private:
  json::Value Fail(absl::string_view path, absl::string_view why) {
    if (!problem_) {
      problem_ = Problem{absl::InvalidArgumentError(absl::StrCat("xml: ", why)), std::string(path)};
    }
    return json::Value();
  }

  json::Value Resource(const pugi::xml_node& node, absl::string_view path) {
    const TypeRow* type = FindType(node.name());
    if (type == nullptr || type->kind != TypeKind::kResource) return Fail(path, "resource type");
    json::Value object = json::Value::Object();
    object.Set("resourceType", json::Value::String(type->name));
    ReadChildren(node, *type, path.empty() ? std::string(type->name) : std::string(path), object);
    return object;
  }

  // Attributes of what is no root: `id`, of primitives `value`, of extensions `url`.
  bool CheckAttributes(const pugi::xml_node& node, absl::string_view also,
                       const std::string& path) {
    std::vector<absl::string_view> seen;
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      const absl::string_view name = attribute.name();
      const bool known = name == "id" || (!also.empty() && name == also) ||
                         (name == "xmlns" && attribute.value() == kFhirNamespace);
      if (!known || std::find(seen.begin(), seen.end(), name) != seen.end()) {
        return Fail(path, "unknown attribute"), false;
      }
      if (name != "xmlns" && (attribute.value()[0] == 0 || !IsFhirText(attribute.value()))) {
        return Fail(path, "empty attribute"), false;
      }
      seen.push_back(name);
    }
    return true;
  }

  // A structure of several elements.
  json::Value Structure(const pugi::xml_node& node, const TypeRow& type, const std::string& path) {
    const bool is_extension = type.name == "Extension";
    if (!CheckAttributes(node, is_extension ? "url" : "", path)) return json::Value();
    json::Value object = json::Value::Object();
    if (const auto id = node.attribute("id")) object.Set("id", json::Value::String(id.value()));
    if (const auto url = node.attribute("url")) object.Set("url", json::Value::String(url.value()));
    if (is_extension && !node.attribute("url")) return Fail(path, "extension without url");
    ReadChildren(node, type, path, object);
    if (object.members().empty()) return Fail(path, "empty element");
    return object;
  }

  void ReadChildren(const pugi::xml_node& node, const TypeRow& type, const std::string& path,
                    json::Value& object) {
    std::map<const ElementRow*, Gathered> gathered;
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() != pugi::node_element) Fail(path, "text between elements");
      if (!problem_) ReadChild(child, type, path, gathered);
      if (problem_) return;  // What was gathered is not whole.
    }
    for (const ElementRow& row : type.elements) {
      const auto found = gathered.find(&row);
      if (found != gathered.end()) Put(row, std::move(found->second), object);
    }
  }

  void ReadChild(const pugi::xml_node& child, const TypeRow& type, const std::string& path,
                 std::map<const ElementRow*, Gathered>& gathered) {
    const absl::string_view name = child.name();
    const std::string own_path =
        absl::StrCat(path, SafeName(name).empty() ? "" : ".", SafeName(name));
    const ElementMatch match = FindElement(type, name);
    const bool attribute_only = type.kind == TypeKind::kStructure &&
                                (name == "id" || (name == "url" && type.name == "Extension"));
    if (match.row == nullptr || attribute_only) {
      Fail(own_path, "unknown element");
      return;
    }
    Gathered& values = gathered[match.row];
    const bool again = !values.values.empty();
    if (again && (!match.row->array || values.name != name)) {
      Fail(own_path, "element twice");
      return;
    }
    values.name = std::string(name);
    ReadValue(child, match, own_path, values);
  }

  void ReadValue(const pugi::xml_node& node, const ElementMatch& match, const std::string& path,
                 Gathered& out) {
    const PrimitiveKind kind = PrimitiveKindOf(match.type);
    if (kind == PrimitiveKind::kXhtml) {
      out.values.push_back(Xhtml(node, path));
    } else if (kind != PrimitiveKind::kNone) {
      out.primitive = true;
      Primitive(node, kind, path, out);
    } else if (match.type == "Resource") {
      out.values.push_back(Nested(node, path));
    } else if (const TypeRow* type = FindType(match.type)) {
      out.values.push_back(Structure(node, *type, path));
    } else {
      Fail(path, "type of element");
    }
  }

  // contained, entry.resource, parameter.resource: an element around a resource.
  json::Value Nested(const pugi::xml_node& node, const std::string& path) {
    const pugi::xml_node child = node.first_child();
    if (node.first_attribute() || !child || child.next_sibling() ||
        child.type() != pugi::node_element) {
      return Fail(path, "want one resource");
    }
    for (const pugi::xml_attribute& attribute : child.attributes()) {
      if (absl::string_view(attribute.name()) != "xmlns" || attribute.value() != kFhirNamespace) {
        return Fail(path, "attribute of a resource");
      }
    }
    return Resource(child, path);
  }

  json::Value Xhtml(const pugi::xml_node& node, const std::string& path) {
    const ptrdiff_t name_at = node.offset_debug();
    if (name_at < 1) return Fail(path, "xhtml");
    const size_t begin = static_cast<size_t>(name_at) - 1;
    const std::optional<size_t> end = ElementEnd(text_, begin);
    if (!end) return Fail(path, "xhtml");
    const absl::string_view div = text_.substr(begin, *end - begin);
    if (!IsXhtmlDiv(div)) return Fail(path, "want an XHTML div");
    return json::Value::String(div);
  }

  void Primitive(const pugi::xml_node& node, PrimitiveKind kind, const std::string& path,
                 Gathered& out) {
    if (!CheckAttributes(node, "value", path)) return;
    json::Value sibling;
    if (const auto id = node.attribute("id")) sibling.Set("id", json::Value::String(id.value()));
    json::Value extensions;
    for (const pugi::xml_node& child : node.children()) {
      if (absl::string_view(child.name()) != "extension") {
        Fail(path, "unknown element");
        return;
      }
      extensions.Append(Structure(child, *FindType("Extension"), absl::StrCat(path, ".extension")));
    }
    if (!extensions.IsNull()) sibling.Set("extension", std::move(extensions));
    const pugi::xml_attribute value = node.attribute("value");
    if (!value && sibling.IsNull()) {
      Fail(path, "empty element");
      return;
    }
    out.values.push_back(value ? PrimitiveValue(value.value(), kind, path) : json::Value());
    out.siblings.push_back(std::move(sibling));
  }

  json::Value PrimitiveValue(absl::string_view text, PrimitiveKind kind, const std::string& path) {
    if (kind == PrimitiveKind::kString) return json::Value::String(text);
    if (kind == PrimitiveKind::kNumber) {
      return IsNumber(text) ? json::Value::Number(text) : Fail(path, "want a number");
    }
    if (text != "true" && text != "false") return Fail(path, "want true or false");
    return json::Value::Boolean(text == "true");
  }

  // Adds an element as JSON has it: arrays, and "_name" beside primitives.
  static void Put(const ElementRow& row, Gathered gathered, json::Value& object) {
    const auto any = [](const std::vector<json::Value>& values) {
      return std::any_of(values.begin(), values.end(),
                         [](const json::Value& value) { return !value.IsNull(); });
    };
    const std::string sibling_name = absl::StrCat("_", gathered.name);
    const bool siblings = any(gathered.siblings);
    if (!row.array) {
      json::Value& value = gathered.values.front();
      if (!value.IsNull()) object.Set(gathered.name, std::move(value));
      if (siblings) object.Set(sibling_name, std::move(gathered.siblings.front()));
      return;
    }
    if (any(gathered.values)) {
      object.Set(gathered.name, json::Value::Array(std::move(gathered.values)));
    }
    if (siblings) object.Set(sibling_name, json::Value::Array(std::move(gathered.siblings)));
  }

  const absl::string_view text_;
  std::optional<Problem> problem_;
};

Problem Refused(absl::string_view why) {
  return Problem{absl::InvalidArgumentError(absl::StrCat("xml: ", why)), ""};
}

}  // namespace

ReadResult ReadResource(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  if (const absl::Status status = CheckMarkup(text); !status.ok()) {
    return {json::Value(), Problem{status, ""}};
  }
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(text.data(), text.size(), kParseFlags, pugi::encoding_utf8);
  if (!parsed) return {json::Value(), Refused("not well-formed")};
  const pugi::xml_node root = document.first_child();
  if (!root || root.type() != pugi::node_element || root.next_sibling()) {
    return {json::Value(), Refused("want one element")};
  }
  TreeReader reader(text);
  json::Value resource = reader.Root(root);
  if (reader.problem()) return {json::Value(), reader.problem()};
  return {std::move(resource), std::nullopt};
}

}  // namespace hie::fhir::xml
