#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gateway/edge/fake_roles.h"
#include "hie/exchange/v1/identity_service.methods.h"

namespace hie::edge {

// For tests of IdentityService: the fake world with a claim of each member at its facility.
class IdentityTest : public testing::Test {
 protected:
  IdentityTest() {
    for (const char* member : {"north", "lakes", "harbor"}) {
      registry::v1::LocatorEntry* entry = world_.state.located.add_locators();
      *entry->mutable_patient() = PatientAt(member);
      entry->set_member(member);
      entry->set_state(registry::v1::LOCATOR_STATE_CLAIMED);
      entry->add_facilities(std::string(member) + "-main");
    }
  }

  template <typename Method>
  absl::StatusOr<typename Method::Response> Call(const typename Method::Request& request,
                                                 const std::string& member = "hie") {
    return world_.gateway().CallAndWait<Method>(EdgeWorld::As(member, "PATADMIN"), request);
  }

  // Streams, and returns the messages with the end.
  template <typename Method>
  std::pair<std::vector<typename Method::Response>, absl::Status> Stream(
      const typename Method::Request& request, const std::string& member = "hie") {
    Mutex mutex;
    std::vector<typename Method::Response> messages;
    std::optional<absl::Status> end;
    CondVar changed;
    world_.gateway().Stream<Method>(
        EdgeWorld::As(member, "PATADMIN"), request,
        [&](const typename Method::Response& message) {
          const MutexLock lock(mutex);
          messages.push_back(message);
          return true;
        },
        [&](absl::Status status) {
          const MutexLock lock(mutex);
          end = std::move(status);
          changed.NotifyAll();
        });
    const MutexLock lock(mutex);
    changed.Wait(mutex, [&] { return end.has_value(); });
    return {messages, *end};
  }

  // Ids of the patients that are on record under a word.
  std::set<std::string> OnRecord(const std::string& word) {
    std::set<std::string> ids;
    for (const audit::v1::Event& event : world_.Events()) {
      if (std::find(event.details().begin(), event.details().end(), word) == event.details().end())
        continue;
      ids.insert("");
      for (const auto& patient : event.patients()) ids.insert(patient.id());
    }
    return ids;
  }

  void Deny(const std::set<std::string>& items) {
    const MutexLock lock(world_.state.mutex);
    world_.state.denied = items;
  }

  EdgeWorld world_;
};

}  // namespace hie::edge
