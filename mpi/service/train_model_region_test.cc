#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "mpi/service/train_model_fixture.h"
#include "services/common/wire/wire.h"
#include "services/hiectl/region/people.h"

namespace hie::mpi {

std::vector<v1::RegisterRecordRequest> RegionRequests(uint64_t records) {
  std::vector<v1::RegisterRecordRequest> requests;
  std::map<std::string, size_t> domains;
  region::PeopleOptions options;
  options.records = records;
  const auto made = region::GeneratePeople(options, [&](const region::GeneratedRecord& record) {
    v1::RegisterRecordRequest request;
    request.mutable_actor()->set_member("lakes");
    const size_t domain = domains.emplace(record.source, domains.size()).first->second;
    request.mutable_patient()->set_assigning_authority(absl::StrCat("2.999.", 1 + domain));
    request.mutable_patient()->set_id(record.mrn);
    *request.mutable_demographics() = wire::ToProto(record.demographics);
    requests.push_back(std::move(request));
  });
  EXPECT_THAT(made, ::hie::testing::IsOk());
  return requests;
}

namespace {

TEST(RegionRequestsTest, ARegionOfManySourcesIsTheSameEachTime) {
  const auto requests = RegionRequests(200);
  const auto again = RegionRequests(200);
  ASSERT_EQ(requests.size(), 200u);
  std::set<std::string> sources;
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(requests[i].SerializeAsString(), again[i].SerializeAsString());
    sources.insert(requests[i].patient().assigning_authority());
  }
  EXPECT_GT(sources.size(), 2u);
}

}  // namespace
}  // namespace hie::mpi
