#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <thread>
#include <type_traits>

#include "absl/container/flat_hash_set.h"
#include "services/common/base/clock.h"
#include "services/common/base/phi.h"
#include "services/common/base/random_source.h"
#include "services/common/base/status_macros.h"
#include "services/common/base/strong_id.h"
#include "services/common/base/uuid.h"
#include "tests/support/status_matchers.h"

namespace hie {
namespace {

using ::hie::testing::IsOkAndHolds;
using ::hie::testing::StatusIs;

template <typename T, typename = void>
struct Prints : std::false_type {};
template <typename T>
struct Prints<T, std::void_t<decltype(std::declval<std::ostream&>() << std::declval<T>())>>
    : std::true_type {};

TEST(StrongIdTest, IsARegularValueThatDoesNotPrint) {
  const MemberId a("alpha");
  const MemberId b("beta");
  EXPECT_TRUE(a == MemberId("alpha"));
  EXPECT_TRUE(a < b);
  EXPECT_TRUE(MemberId().empty());
  EXPECT_EQ((absl::flat_hash_set<MemberId>{a, b, a}).size(), 2u);
  static_assert(!Prints<MemberId>::value, "an id may name a patient");
  static_assert(!std::is_convertible_v<MemberId, EnterpriseId>);
  static_assert(!std::is_convertible_v<std::string, MemberId>);
}

TEST(PhiTest, PrintsNothingOfItsValue) {
  std::ostringstream out;
  out << Phi<std::string>("Canary Smith") << Phi<int>(1980);
  EXPECT_EQ(out.str(), "[phi][phi]");
  EXPECT_EQ(::testing::PrintToString(Phi<std::string>("Canary Smith")), "[phi]");
}

TEST(PhiTest, IsARegularValue) {
  EXPECT_TRUE(Phi<int>(1) == Phi<int>(1));
  EXPECT_TRUE(Phi<int>(1) < Phi<int>(2));
  EXPECT_EQ(Phi<std::string>("x").value(), "x");
  EXPECT_EQ((absl::flat_hash_set<Phi<int>>{Phi<int>(1), Phi<int>(1)}).size(), 1u);
}

TEST(ClockTest, SimulatedClockMovesByHandOnly) {
  SimulatedClock clock(absl::UnixEpoch());
  EXPECT_EQ(clock.Now(), absl::UnixEpoch());
  clock.Advance(absl::Seconds(3));
  EXPECT_EQ(clock.Now(), absl::FromUnixSeconds(3));
}

TEST(ClockTest, SystemClockTellsTheTime) {
  const absl::Time before = absl::Now();
  const absl::Time now = SystemClock().Now();
  EXPECT_GE(now, before - absl::Seconds(1));
  EXPECT_LE(now, absl::Now() + absl::Seconds(1));
}

TEST(RandomSourceTest, SeededIsRepeatable) {
  SeededRandom a(7);
  SeededRandom b(7);
  SeededRandom c(8);
  EXPECT_EQ(a.Next(), b.Next());
  EXPECT_EQ(a.Bytes(100), b.Bytes(100));
  EXPECT_NE(a.Bytes(16), c.Bytes(16));
}

TEST(RandomSourceTest, BytesHasTheLengthAskedFor) {
  SystemRandom random;
  for (const size_t count : {0, 1, 7, 8, 9, 33}) EXPECT_EQ(random.Bytes(count).size(), count);
  EXPECT_NE(random.Bytes(16), random.Bytes(16));
}

TEST(UuidTest, HasVersionVariantAndTime) {
  SeededRandom random(1);
  const std::string uuid = MakeUuidV7(absl::FromUnixMillis(0x0123456789ab), random);
  ASSERT_TRUE(IsUuid(uuid)) << uuid;
  EXPECT_EQ(uuid.substr(0, 13), "01234567-89ab");
  EXPECT_EQ(uuid[14], '7');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos) << uuid;
}

TEST(UuidTest, IsUniqueAndTextOrderIsTimeOrder) {
  SeededRandom random(2);
  std::set<std::string> seen;
  std::string last;
  for (int ms = 0; ms < 1000; ++ms) {
    const absl::Time time = absl::FromUnixMillis(1'700'000'000'000 + ms);
    const std::string uuid = MakeUuidV7(time, random);
    EXPECT_LT(last, uuid);
    last = uuid;
    seen.insert(uuid);
    seen.insert(MakeUuidV7(time, random));
  }
  EXPECT_EQ(seen.size(), 2000u);
}

TEST(UuidTest, OnlyLowerCaseTextFormIsAUuid) {
  EXPECT_TRUE(IsUuid("018c2b1e-7d4a-7abc-8def-0123456789ab"));
  for (const absl::string_view text :
       {"", "018c2b1e-7d4a-7abc-8def-0123456789a", "018c2b1e-7d4a-7abc-8def-0123456789abc",
        "018C2B1E-7D4A-7ABC-8DEF-0123456789AB", "018c2b1e07d4a-7abc-8def-0123456789ab",
        "018c2b1e-7d4a-7abc-8def-0123456789ag", "{18c2b1e-7d4a-7abc-8def-0123456789a}"}) {
    EXPECT_FALSE(IsUuid(text)) << text;
  }
}

absl::StatusOr<int> Half(int number) {
  if (number % 2 != 0) return absl::InvalidArgumentError("number: want an even one");
  return number / 2;
}

absl::StatusOr<int> Quarter(int number) {
  HIE_ASSIGN_OR_RETURN(const int half, Half(number));
  HIE_ASSIGN_OR_RETURN(const int quarter, Half(half));
  HIE_RETURN_IF_ERROR(Half(0).status());
  return quarter;
}

TEST(StatusMacrosTest, ReturnTheFirstErrorOrGoOn) {
  EXPECT_THAT(Quarter(8), IsOkAndHolds(2));
  EXPECT_THAT(Quarter(6), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Quarter(7), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(MutexTest, CondVarWakesAWaiterAndTimesOut) {
  Mutex mutex;
  CondVar changed;
  bool ready = false;
  std::thread setter([&] {
    MutexLock lock(mutex);
    ready = true;
    changed.NotifyAll();
  });
  {
    MutexLock lock(mutex);
    changed.Wait(mutex, [&] { return ready; });
    EXPECT_TRUE(ready);
    EXPECT_FALSE(changed.WaitFor(mutex, absl::Milliseconds(1), [] { return false; }));
  }
  setter.join();
}

}  // namespace
}  // namespace hie
