#pragma once

#include <memory>

#include "absl/time/time.h"

namespace prometheus {
class Registry;
}  // namespace prometheus

namespace hie::http {

// What a listener counts.  Thread-safe.  No label carries anything of a request.
class ListenerMetrics {
 public:
  // Null registry: counts nothing.
  explicit ListenerMetrics(prometheus::Registry* registry);
  ~ListenerMetrics();

  void ConnectionOpened();
  void ConnectionClosed();
  void RequestBegun();
  // `status` 0: the client went before an answer.
  void RequestEnded(int status, absl::Duration elapsed);

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace hie::http
