#pragma once

#include <string>

namespace prometheus {
class Registry;
}  // namespace prometheus

namespace hie::metrics {

// Renders what `registry` holds in the Prometheus text format 0.0.4.  Thread-safe.
std::string MetricsText(const prometheus::Registry& registry);

}  // namespace hie::metrics
