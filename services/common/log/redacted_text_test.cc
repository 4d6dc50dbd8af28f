#include "services/common/log/redacted_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "hie/agent/v1/agent_service.pb.h"
#include "hie/audit/v1/audit_service.pb.h"
#include "hie/consent/v1/consent_service.pb.h"
#include "hie/directory/v1/directory_service.pb.h"
#include "hie/exchange/v1/exchange_service.pb.h"
#include "hie/mpi/v1/mpi_service.pb.h"
#include "hie/options/v1/options.pb.h"
#include "hie/registry/v1/registry_service.pb.h"

namespace hie::log {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::Reflection;

constexpr char kCanary[] = "Zebediah Quux";
constexpr int64_t kCanaryNumber = 7351;
constexpr int kDepthMax = 5;

// Fills every field: texts with the canary where the field, or one above it, is (phi).
class CanaryFiller {
 public:
  // Counts what it planted.
  int planted() const { return planted_; }

  void Fill(Message& message, bool phi_above, int depth) {
    const Descriptor& type = *message.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) {
      const FieldDescriptor& field = *type.field(i);
      if (field.is_map()) continue;
      const bool phi = phi_above || field.options().GetExtension(hie::options::v1::phi);
      FillField(message, field, phi, depth);
    }
  }

 private:
  void FillField(Message& message, const FieldDescriptor& field, bool phi, int depth) {
    const Reflection& reflection = *message.GetReflection();
    planted_ += phi ? 1 : 0;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string text = phi ? kCanary : "plain";
        field.is_repeated() ? reflection.AddString(&message, &field, text)
                            : reflection.SetString(&message, &field, text);
        return;
      }
      case FieldDescriptor::CPPTYPE_INT64:
        if (!field.is_repeated()) {
          reflection.SetInt64(&message, &field, phi ? kCanaryNumber : 1);
        }
        return;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth == 0) return;
        return Fill(field.is_repeated() ? *reflection.AddMessage(&message, &field)
                                        : *reflection.MutableMessage(&message, &field),
                    phi, depth - 1);
      default:
        return;
    }
  }

  int planted_ = 0;
};

void CollectTypes(const Descriptor& type, std::vector<const Descriptor*>& types) {
  types.push_back(&type);
  for (int i = 0; i < type.nested_type_count(); ++i) CollectTypes(*type.nested_type(i), types);
}

// Every message of the contracts.
std::vector<const Descriptor*> AllTypes() {
  std::vector<const FileDescriptor*> files = {
      agent::v1::Hello::descriptor()->file(),
      audit::v1::ListRequest::descriptor()->file(),
      consent::v1::DecideRequest::descriptor()->file(),
      directory::v1::GetSnapshotRequest::descriptor()->file(),
      exchange::v1::QueryRequest::descriptor()->file(),
      mpi::v1::ResolvePersonRequest::descriptor()->file(),
      registry::v1::SubmitRequest::descriptor()->file(),
  };
  for (size_t i = 0; i < files.size(); ++i) {
    for (int d = 0; d < files[i]->dependency_count(); ++d) {
      files.push_back(files[i]->dependency(d));
    }
  }
  std::vector<const Descriptor*> types;
  for (const FileDescriptor* file : files) {
    for (int i = 0; i < file->message_type_count(); ++i)
      CollectTypes(*file->message_type(i), types);
  }
  return types;
}

TEST(RedactedTextTest, NoMessageOfTheContractsPrintsPhi) {
  int planted = 0;
  for (const Descriptor* type : AllTypes()) {
    const Message* prototype = MessageFactory::generated_factory()->GetPrototype(type);
    std::unique_ptr<Message> message(prototype->New());
    CanaryFiller filler;
    filler.Fill(*message, false, kDepthMax);
    const std::string text = RedactedText(*message);
    EXPECT_EQ(text.find(kCanary), std::string::npos) << type->full_name();
    EXPECT_EQ(text.find(std::to_string(kCanaryNumber)), std::string::npos) << type->full_name();
    planted += filler.planted();
  }
  // The test would pass on messages without PHI as well: prove that it saw some.
  EXPECT_GT(planted, 100);
  RecordProperty("planted", planted);
}

TEST(RedactedTextTest, PlainFieldsArePrinted) {
  agent::v1::Query query;
  query.set_id(7);
  query.set_request_id("r-1");
  EXPECT_EQ(RedactedText(query), "id: 7 request_id: \"r-1\"");
}

TEST(RedactedTextTest, APhiFieldIsNamedAndNotShown) {
  agent::v1::QueryChunk chunk;
  chunk.set_id(7);
  chunk.add_resources(kCanary);
  chunk.add_resources(kCanary);
  EXPECT_EQ(RedactedText(chunk), "id: 7 resources: [phi]");
}

TEST(RedactedTextTest, UnknownFieldsAreLeftOut) {
  agent::v1::Query query;
  // Field 99, length-delimited: what a newer sender may add.
  ASSERT_TRUE(query.ParseFromString("\x08\x07\x9A\x06\x04Quux"));
  EXPECT_EQ(RedactedText(query), "id: 7");
}

}  // namespace
}  // namespace hie::log
