#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/fhir/xml/element_table.h"
#include "gateway/fhir/xml/markup.h"
#include "gateway/fhir/xml/xml_resource.h"

namespace hie::fhir::xml {
namespace {

// Line breaks and tabs as references: a reader would make spaces of them.
void AppendAttribute(absl::string_view name, absl::string_view value, std::string& out) {
  absl::StrAppend(&out, " ", name, "=\"");
  for (const char c : value) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#xA;";
        break;
      case '\r':
        out += "&#xD;";
        break;
      case '\t':
        out += "&#x9;";
        break;
      default:
        out += c;
    }
  }
  out += '"';
}

// Writes one resource's tree.
class TreeWriter {
 public:
  absl::Status Resource(const json::Value& resource, absl::string_view attributes, int depth) {
    const TypeRow* type = FindType(resource.Text("resourceType"));
    if (type == nullptr || type->kind != TypeKind::kResource) return Refuse("resourceType");
    absl::StrAppend(&out_, "<", type->name, attributes, ">");
    absl::Status status = Children(resource, *type, std::string(type->name), depth);
    absl::StrAppend(&out_, "</", type->name, ">");
    return status;
  }

  std::string Take() && { return std::move(out_); }

 private:
  static absl::Status Refuse(absl::string_view path) {
    return absl::InvalidArgumentError(absl::StrCat("xml: ", path, ": not in the tables"));
  }

  static bool IsAttribute(const TypeRow& type, absl::string_view name) {
    return type.kind == TypeKind::kStructure &&
           (name == "id" || (name == "url" && type.name == "Extension"));
  }

  // Every member must be one that the tables know.
  static absl::Status CheckMembers(const json::Value& object, const TypeRow& type,
                                   const std::string& path) {
    for (const json::Member& member : object.members()) {
      absl::string_view name = member.name;
      if (name == "resourceType" && type.kind == TypeKind::kResource) continue;
      const bool sibling = absl::ConsumePrefix(&name, "_");
      const ElementMatch match = FindElement(type, name);
      const bool primitive = PrimitiveKindOf(match.type) != PrimitiveKind::kNone;
      if (match.row == nullptr || (sibling && (!primitive || IsAttribute(type, name)))) {
        return Refuse(path);
      }
    }
    return absl::OkStatus();
  }

  absl::Status Children(const json::Value& object, const TypeRow& type, const std::string& path,
                        int depth) {
    if (depth > kDepthMax) return absl::InvalidArgumentError("xml: too deep");
    if (absl::Status status = CheckMembers(object, type, path); !status.ok()) return status;
    for (const ElementRow& row : type.elements) {
      if (IsAttribute(type, row.name)) continue;
      if (absl::Status status = Row(object, type, row, path, depth); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // One element of a structure, under whichever name its choice has.
  absl::Status Row(const json::Value& object, const TypeRow& type, const ElementRow& row,
                   const std::string& path, int depth) {
    std::string written;
    for (const json::Member& member : object.members()) {
      absl::string_view name = member.name;
      absl::ConsumePrefix(&name, "_");
      const ElementMatch match = FindElement(type, name);
      if (match.row != &row || name == written) continue;
      if (!written.empty()) return Refuse(absl::StrCat(path, ".", row.name));  // Two choices.
      written = std::string(name);
      if (absl::Status status = Element(object, written, match, path, depth); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Element(const json::Value& object, const std::string& name,
                       const ElementMatch& match, const std::string& path, int depth) {
    const std::string own_path = absl::StrCat(path, ".", name);
    const json::Value& value = OrNothing(object.Find(name));
    const json::Value& sibling = OrNothing(object.Find(absl::StrCat("_", name)));
    if (!match.row->array) return One(value, sibling, name, match.type, own_path, depth);
    const bool arrays =
        (value.IsNull() || value.IsArray()) && (sibling.IsNull() || sibling.IsArray());
    const size_t count = std::max(value.items().size(), sibling.items().size());
    if (!arrays || count == 0) return Refuse(own_path);
    for (size_t i = 0; i < count; ++i) {
      const json::Value& one = i < value.items().size() ? value.items()[i] : nothing_;
      const json::Value& beside = i < sibling.items().size() ? sibling.items()[i] : nothing_;
      absl::Status status = One(one, beside, name, match.type, own_path, depth);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status One(const json::Value& value, const json::Value& sibling, const std::string& name,
                   absl::string_view type_name, const std::string& path, int depth) {
    const PrimitiveKind kind = PrimitiveKindOf(type_name);
    if (kind == PrimitiveKind::kXhtml) {
      if (!sibling.IsNull() || !IsXhtmlDiv(value.text())) return Refuse(path);
      absl::StrAppend(&out_, value.text());
      return absl::OkStatus();
    }
    if (kind != PrimitiveKind::kNone) return Primitive(value, sibling, name, kind, path, depth);
    if (!value.IsObject()) return Refuse(path);
    if (type_name == "Resource") {
      absl::StrAppend(&out_, "<", name, ">");
      absl::Status status = Resource(value, "", depth + 1);
      absl::StrAppend(&out_, "</", name, ">");
      return status;
    }
    const TypeRow* type = FindType(type_name);
    return type == nullptr ? Refuse(path) : Structure(value, *type, name, path, depth + 1);
  }

  absl::Status Structure(const json::Value& value, const TypeRow& type, const std::string& name,
                         const std::string& path, int depth) {
    absl::StrAppend(&out_, "<", name);
    for (const absl::string_view attribute : {"id", "url"}) {
      if (!IsAttribute(type, attribute) || value.Find(attribute) == nullptr) continue;
      if (!value.Find(attribute)->IsString()) return Refuse(path);
      AppendAttribute(attribute, value.Text(attribute), out_);
    }
    out_ += '>';
    const size_t begun = out_.size();
    absl::Status status = Children(value, type, path, depth);
    if (out_.size() == begun) {
      out_.back() = '/';
      out_ += '>';
    } else {
      absl::StrAppend(&out_, "</", name, ">");
    }
    return status;
  }

  absl::Status Primitive(const json::Value& value, const json::Value& sibling,
                         const std::string& name, PrimitiveKind kind, const std::string& path,
                         int depth) {
    absl::StrAppend(&out_, "<", name);
    if (!sibling.IsNull() && !sibling.IsObject()) return Refuse(path);
    if (!sibling.Text("id").empty()) AppendAttribute("id", sibling.Text("id"), out_);
    switch (value.kind()) {
      case json::Kind::kNull:
        if (sibling.IsNull()) return Refuse(path);
        break;
      case json::Kind::kString:
        if (kind != PrimitiveKind::kString) return Refuse(path);
        AppendAttribute("value", value.text(), out_);
        break;
      case json::Kind::kNumber:
        if (kind != PrimitiveKind::kNumber) return Refuse(path);
        AppendAttribute("value", value.lexeme(), out_);
        break;
      case json::Kind::kBoolean:
        if (kind != PrimitiveKind::kBoolean) return Refuse(path);
        AppendAttribute("value", *value.boolean() ? "true" : "false", out_);
        break;
      default:
        return Refuse(path);
    }
    return CloseAround(sibling, name, path, depth);
  }

  // Ends a primitive's start tag, with its extensions where it has some.
  absl::Status CloseAround(const json::Value& sibling, const std::string& name,
                           const std::string& path, int depth) {
    if (sibling.Each("extension").empty()) {
      out_ += "/>";
      return absl::OkStatus();
    }
    out_ += '>';
    for (const json::Value& extension : sibling.Each("extension")) {
      absl::Status status = One(extension, nothing_, "extension", "Extension",
                                absl::StrCat(path, ".extension"), depth + 1);
      if (!status.ok()) return status;
    }
    absl::StrAppend(&out_, "</", name, ">");
    return absl::OkStatus();
  }

  const json::Value& OrNothing(const json::Value* value) const {
    return value == nullptr ? nothing_ : *value;
  }

  const json::Value nothing_{};
  std::string out_;
};

}  // namespace

absl::StatusOr<std::string> WriteResource(const json::Value& resource) {
  TreeWriter writer;
  absl::Status status = writer.Resource(resource, " xmlns=\"http://hl7.org/fhir\"", 0);
  if (!status.ok()) return status;
  return absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>", std::move(writer).Take());
}

}  // namespace hie::fhir::xml
