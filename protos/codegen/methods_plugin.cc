// protoc plugin: writes `<name>.methods.h` beside `<name>.pb.h`.
//
// For each rpc it emits a type that carries its path, messages, permission and
// idempotency, so that `Serve<v1::MpiService::ResolveRecord>(handler)` knows what
// the proto declares.  An rpc that declares no permission, or not whether it is
// idempotent, is an error: the build fails.
#include <google/protobuf/compiler/code_generator.h>
#include <google/protobuf/compiler/plugin.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/io/printer.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <map>
#include <memory>
#include <string>

namespace {

namespace pb = google::protobuf;

std::string CppType(const pb::Descriptor& message) {
  std::string name = "::";
  for (const char c : message.full_name()) name += c == '.' ? std::string("::") : std::string(1, c);
  return name;
}

// Reads the custom options, which are known only through the pool that protoc sent.
class MethodOptionReader {
 public:
  explicit MethodOptionReader(const pb::FileDescriptor& file) : pool_(file.pool()) {
    descriptor_ = pool_->FindMessageTypeByName("google.protobuf.MethodOptions");
    permission_ = pool_->FindExtensionByName("hie.options.v1.permission");
  }

  // Returns the permission's enum name, or "" where the rpc declares none.
  std::string Permission(const pb::MethodDescriptor& method) const {
    if (descriptor_ == nullptr || permission_ == nullptr) return "";
    pb::DynamicMessageFactory factory(pool_);
    std::unique_ptr<pb::Message> options(factory.GetPrototype(descriptor_)->New());
    if (!options->ParseFromString(method.options().SerializeAsString())) return "";
    const pb::Reflection* reflection = options->GetReflection();
    if (!reflection->HasField(*options, permission_)) return "";
    const pb::EnumValueDescriptor* value = reflection->GetEnum(*options, permission_);
    return value->number() == 0 ? "" : value->name();
  }

 private:
  const pb::DescriptorPool* pool_;
  const pb::Descriptor* descriptor_ = nullptr;
  const pb::FieldDescriptor* permission_ = nullptr;
};

constexpr char kMethodText[] = R"(  struct $name$ {
    using Request = $request$;
    using Response = $response$;
    static constexpr char kFullName[] = "$full_name$";
    static constexpr char kPath[] = "$path$";
    static constexpr ::hie::options::v1::Permission kPermission =
        ::hie::options::v1::$permission$;
    static constexpr bool kIdempotent = $idempotent$;
    static constexpr bool kClientStreaming = $client_streaming$;
    static constexpr bool kServerStreaming = $server_streaming$;
  };
)";

bool EmitService(const pb::ServiceDescriptor& service, const MethodOptionReader& options,
                 pb::io::Printer* printer, std::string* error) {
  printer->Print("struct $name$ {\n  static constexpr char kFullName[] = \"$full$\";\n", "name",
                 service.name(), "full", service.full_name());
  for (int i = 0; i < service.method_count(); ++i) {
    const pb::MethodDescriptor& method = *service.method(i);
    const std::string permission = options.Permission(method);
    if (permission.empty()) {
      *error = method.full_name() + ": declares no (hie.options.v1.permission)";
      return false;
    }
    if (!method.options().has_idempotency_level()) {
      *error = method.full_name() + ": declares no idempotency_level";
      return false;
    }
    const bool idempotent =
        method.options().idempotency_level() != pb::MethodOptions::IDEMPOTENCY_UNKNOWN;
    printer->Print(
        std::map<std::string, std::string>{
            {"name", method.name()},
            {"request", CppType(*method.input_type())},
            {"response", CppType(*method.output_type())},
            {"full_name", method.full_name()},
            {"path", "/" + service.full_name() + "/" + method.name()},
            {"permission", permission},
            {"idempotent", idempotent ? "true" : "false"},
            {"client_streaming", method.client_streaming() ? "true" : "false"},
            {"server_streaming", method.server_streaming() ? "true" : "false"}},
        kMethodText);
  }
  printer->Print("};\n\n");
  return true;
}

class MethodsGenerator : public pb::compiler::CodeGenerator {
 public:
  bool Generate(const pb::FileDescriptor* file, const std::string& /*parameter*/,
                pb::compiler::GeneratorContext* context, std::string* error) const override {
    const std::string stem = file->name().substr(0, file->name().size() - 6);  // ".proto"
    std::unique_ptr<pb::io::ZeroCopyOutputStream> out(context->Open(stem + ".methods.h"));
    pb::io::Printer printer(out.get(), '$');
    const MethodOptionReader options(*file);
    std::string ns;
    for (const char c : file->package()) ns += c == '.' ? std::string("::") : std::string(1, c);
    printer.Print("// Generated from $file$.  Do not edit.\n#pragma once\n\n", "file",
                  file->name());
    printer.Print("#include \"$stem$.pb.h\"\n#include \"hie/options/v1/options.pb.h\"\n\n", "stem",
                  stem);
    printer.Print("namespace $ns$ {\n\n", "ns", ns);
    for (int i = 0; i < file->service_count(); ++i) {
      if (!EmitService(*file->service(i), options, &printer, error)) return false;
    }
    printer.Print("}  // namespace $ns$\n", "ns", ns);
    return true;
  }

  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace

int main(int argc, char** argv) {
  const MethodsGenerator generator;
  return pb::compiler::PluginMain(argc, argv, &generator);
}
