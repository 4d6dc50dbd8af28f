#include "services/common/metrics/metrics_text.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace hie::metrics {

std::string MetricsText(const prometheus::Registry& registry) {
  return prometheus::TextSerializer().Serialize(registry.Collect());
}

}  // namespace hie::metrics
