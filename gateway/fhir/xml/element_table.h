#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// What elements R4's resources and data types have, in their order: the base StructureDefinitions
// (4.0.1), as data.  XML needs order, array-ness and the kind of each value; JSON carries the last
// two itself.
namespace hie::fhir::xml {

// One element of a type.
struct ElementRow {
  absl::string_view name;  // Without "[x]".
  // Its type; of a choice all of them, separated by '|'.  A structure of its own has the name of
  // its path: "Patient.contact".  "Resource" is any resource.
  absl::string_view types;
  bool array = false;
  bool choice = false;
  bool required = false;  // At least one.
  bool modifier = false;  // Changes the meaning of what it stands in.
};

// What a type is.
enum class TypeKind { kResource, kStructure };

// A resource, a data type of several elements, or a structure within one.
struct TypeRow {
  absl::string_view name;
  TypeKind kind = TypeKind::kStructure;
  absl::Span<const ElementRow> elements;
};

// Null: the tables do not have it.  O(log n).
const TypeRow* FindType(absl::string_view name);

// An element by the name that it has in an instance, and its type there: "valueQuantity" is row
// "value" of type "Quantity".
struct ElementMatch {
  const ElementRow* row = nullptr;
  absl::string_view type;
};
// Linear in the type's elements.
ElementMatch FindElement(const TypeRow& type, absl::string_view name);

// How the value of a primitive is written in JSON.
enum class PrimitiveKind { kNone, kString, kBoolean, kNumber, kXhtml };
// kNone: `type` is no primitive.
PrimitiveKind PrimitiveKindOf(absl::string_view type);

}  // namespace hie::fhir::xml
