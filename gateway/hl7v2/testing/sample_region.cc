#include "gateway/hl7v2/testing/sample_region.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace hie::hl7v2 {
namespace {

Hl7Source Source(const std::string& facility, AckMode mode) {
  Hl7Source source;
  source.sending_facility = facility;
  source.ack_mode = mode;
  return source;
}

Member North(AckMode mode, MemberState state) {
  Member north;
  north.id = MemberId("north");
  north.name = "North General";
  north.home_community = "2.999.1.10";
  north.state = state;
  north.facilities = {{.id = "north-main",
                       .name = "North",
                       .units = {},
                       .attestations = {},
                       .place_sensitivity = {},
                       .aliases = {"NORTH"}}};
  north.domains = {{.oid = "2.999.1.10.1",
                    .namespace_aliases = {"NORTH"},
                    .strip_leading_zeros = false,
                    .fold_case = true,
                    .reuse = IdReuse::kNever,
                    .time_zone = "America/Chicago",
                    .facility = ""}};
  north.hl7_sources = {Source("2.999.1.10", mode)};
  north.hl7_sources[0].default_domain = "2.999.1.10.1";
  north.hl7_sources[0].takes_ssn = true;
  return north;
}

Member Samples(AckMode mode, MemberState state) {
  Member samples;
  samples.id = MemberId("samples");
  samples.name = "Samples";
  samples.home_community = "2.999.9";
  samples.state = state;
  samples.domains = {{.oid = "2.999.9.1",
                      .namespace_aliases = {"test1", "ADT1", "BCBS", "M11", "SIMULATOR MRN",
                                            "GOOD HEALTH HOSPITAL"},
                      .strip_leading_zeros = false,
                      .fold_case = false,
                      .reuse = IdReuse::kUnspecified,
                      .time_zone = "UTC",
                      .facility = ""},
                     {.oid = "1.2.3.4.5.1000",
                      .namespace_aliases = {},
                      .strip_leading_zeros = false,
                      .fold_case = false,
                      .reuse = IdReuse::kUnspecified,
                      .time_zone = "UTC",
                      .facility = ""}};
  for (const char* facility :
       {"GHHSFacility", "Ntierprise Clinic", "1", "GOOD HEALTH HOSPITAL", "NINTENDO", "RDX",
        "XYZHOSPITAL", "SFAC", "unknown", "MESA_DEPARTMENT", "PIM", "XYZ_HOSPITAL"}) {
    samples.hl7_sources.push_back(Source(facility, mode));
    samples.hl7_sources.back().default_domain = "2.999.9.1";
    samples.hl7_sources.back().authority_holds_type = true;
  }
  return samples;
}

}  // namespace

std::shared_ptr<const members::MemberDirectory> SampleDirectory(AckMode mode, MemberState state) {
  return *members::MemberDirectory::Build(1, {North(mode, state), Samples(mode, state)});
}

std::map<std::string, std::string> SampleFiles(const std::string& name) {
  const char* source = std::getenv("HIE_SOURCE_DIR");
  const std::filesystem::path folder =
      std::filesystem::path(source == nullptr ? "." : source) / "../shared/data" / name;
  std::map<std::string, std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".hl7") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[entry.path().filename().string()] =
        std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return files;
}

const char kAdtA01[] =
    "MSH|^~\\&|NORTHADT|NORTH^2.999.1.10^ISO|HIE|HIE^2.999.1.1^ISO|20260108071000+0000||"
    "ADT^A01^ADT_A01|N000001|P|2.5.1|||AL|NE\r"
    "EVN|A01|20260108071000+0000\r"
    "PID|1||N-1001^^^NORTH&2.999.1.10.1&ISO^MR||Moreau^Ana^Lucia^^^^L||19610402|F|||"
    "12 Quarry Rd^^Northfield^ST^40217^^H||^PRN^PH^^1^555^5550100\r"
    "PV1|1|I|3W^301^A^NORTH||||204^Okafor^Grace^^^Dr||||||||||||"
    "V-7701^^^NORTH&2.999.1.10.2&ISO^VN|||||||||||||||||||||||||20260108071000+0000\r";

const char kAdtA08DeletePhone[] =
    "MSH|^~\\&|NORTHADT|NORTH^2.999.1.10^ISO|HIE|HIE^2.999.1.1^ISO|20260109090000+0000||"
    "ADT^A08^ADT_A08|N000002|P|2.5.1\r"
    "EVN|A08|20260109090000+0000\r"
    "PID|1||N-1001^^^NORTH&2.999.1.10.1&ISO^MR||Moreau^Ana^Lucia^^^^L||19610402|F|||||\"\"\r";

const char kAdtA40[] =
    "MSH|^~\\&|NORTHADT|NORTH^2.999.1.10^ISO|HIE|HIE^2.999.1.1^ISO|20260110100000+0000||"
    "ADT^A40^ADT_A39|N000003|P|2.5.1\r"
    "EVN|A40|20260110100000+0000\r"
    "PID|1||N-1001^^^NORTH&2.999.1.10.1&ISO^MR||Moreau^Ana^Lucia^^^^L||19610402|F\r"
    "MRG|N-0877^^^NORTH&2.999.1.10.1&ISO^MR\r";

const char kMdmT02[] =
    "MSH|^~\\&|NORTHDOC|NORTH^2.999.1.10^ISO|HIE|HIE^2.999.1.1^ISO|20260112095800+0000||"
    "MDM^T02^MDM_T02|N000006|P|2.5.1\r"
    "EVN|T02|20260112095800+0000\r"
    "PID|1||N-1001^^^NORTH&2.999.1.10.1&ISO^MR||Moreau^Ana^Lucia^^^^L||19610402|F\r"
    "PV1|1|I|3W^301^A^NORTH\r"
    "TXA|1|DS|TX|20260112090000+0000||20260112095500+0000|||204^Okafor^Grace|||"
    "501^NORTHDOC^2.999.1.10.9^ISO|||||AU|U|AV\r"
    "OBX|1|TX|18842-5^Discharge summary^LN||Discharge: stable.||||||F\r";

}  // namespace hie::hl7v2
