#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hie::testing {

// Returns the status of either type.
inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// EXPECT_THAT(store.Write(...), IsOk());
MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  *result_listener << "with status " << StatusOf(arg).ToString();
  return arg.ok();
}

// EXPECT_THAT(Parse("x"), StatusIs(absl::StatusCode::kInvalidArgument));
MATCHER_P(StatusIs, code, "has status " + absl::StatusCodeToString(code)) {
  *result_listener << "with status " << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

// EXPECT_THAT(Parse("x"), StatusIs(code, HasSubstr("want")));
MATCHER_P2(StatusIs, code, message, "has status " + absl::StatusCodeToString(code)) {
  *result_listener << "with status " << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code &&
         ::testing::Matches(message)(std::string(StatusOf(arg).message()));
}

// EXPECT_THAT(Parse("7"), IsOkAndHolds(7));
MATCHER_P(IsOkAndHolds, value, "is OK and holds the value") {
  *result_listener << "with status " << StatusOf(arg).ToString();
  return arg.ok() && ::testing::ExplainMatchResult(value, *arg, result_listener);
}

// Returns the value; ends the test program with the status where there is none.  For set-up.
template <typename T>
T ValueOrDie(absl::StatusOr<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << result.status().ToString();
    std::abort();
  }
  return *std::move(result);
}

}  // namespace hie::testing

#define HIE_TEST_CONCAT_INNER(a, b) a##b
#define HIE_TEST_CONCAT(a, b) HIE_TEST_CONCAT_INNER(a, b)

// HIE_ASSERT_OK_AND_ASSIGN(auto store, Open(...)); ends the test where there is no value.
#define HIE_ASSERT_OK_AND_ASSIGN(target, expression) \
  HIE_ASSERT_OK_AND_ASSIGN_INNER(HIE_TEST_CONCAT(hie_result_, __LINE__), target, expression)
#define HIE_ASSERT_OK_AND_ASSIGN_INNER(temporary, target, expression) \
  auto temporary = (expression);                                      \
  ASSERT_TRUE(temporary.ok()) << temporary.status().ToString();       \
  target = *std::move(temporary)
